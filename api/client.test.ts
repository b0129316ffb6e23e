import { describe, expect, expectTypeOf, test } from 'vitest';
import { type Client, createClient } from './client.ts';

type TransferBody = Parameters<Client['api']['transfers']['$post']>[0]['json'];

describe('the typed client', () => {
  test('knows the routes of every file that the app is made of, and no other', () => {
    expectTypeOf<Client['api']['accounts']>().toHaveProperty('$post');
    expectTypeOf<Client['api']['accounts'][':id']['deposits']>().toHaveProperty('$post');
    expectTypeOf<Client['api']['accounts'][':id']['freeze']>().toHaveProperty('$post');
    expectTypeOf<Client['api']['accounts'][':id']['transactions']>().toHaveProperty('$get');
    expectTypeOf<Client['api']['transfers'][':id']>().toHaveProperty('$get');
    expectTypeOf<Client['api']['commands']>().toHaveProperty('$get');
    expectTypeOf<Client['api']['events']>().toHaveProperty('$get');
    expectTypeOf<Client['api']['projections'][':name']['rebuild']>().toHaveProperty('$post');
    expectTypeOf<Client['api']['dead-letters'][':id']['replay']>().toHaveProperty('$post');
    expectTypeOf<Client['api']['reports']['trial-balance']>().toHaveProperty('$get');
    expectTypeOf<Client['api']['integrity']>().toHaveProperty('$get');
    expectTypeOf<Client['healthz']>().toHaveProperty('$get');
    expectTypeOf<Client['api']>().not.toHaveProperty('nope');
  });

  test('types a body as what is sent, not as what the server makes of it', () => {
    expectTypeOf<TransferBody['amount']>().toEqualTypeOf<string>();
    expectTypeOf<TransferBody['from']>().toEqualTypeOf<string>();
    expectTypeOf<TransferBody['description']>().toEqualTypeOf<string | undefined>();
  });

  test('asks for the path of the contract', async () => {
    const asked: string[] = [];
    const fetch: typeof globalThis.fetch = async (input, init) => {
      asked.push(`${init?.method} ${String(input)}`);
      return Response.json({ items: [], nextCursor: null });
    };
    const remit = createClient('http://remit.example', { fetch });
    await remit.api.accounts[':id'].transactions.$get({ param: { id: 'alice' }, query: { limit: '2' } });
    expect(asked).toEqual(['GET http://remit.example/api/accounts/alice/transactions?limit=2']);
  });
});
