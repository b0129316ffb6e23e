import { describe, expectTypeOf, test } from 'vitest';
import type { Client } from './client.ts';

describe('the client', () => {
  test('knows every route', () => {
    expectTypeOf<Client['api']['accounts']>().toHaveProperty('$post');
    expectTypeOf<Client['healthz']>().toHaveProperty('$get');
    type T = Client['api']['transfers'][':id']['$get'];
    expectTypeOf<T>().toBeFunction();
  });
});
