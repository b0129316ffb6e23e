import { z } from '@hono/zod-openapi';
import { describe, expect, test } from 'vitest';
import { decodeCursor, encodeCursor, keepFilters } from './cursor.ts';

const schema = z.strictObject({ status: z.string().optional(), after: z.string() });
const cursor = encodeCursor('accounts', { status: 'open', after: 'alice' });

describe('a cursor', () => {
  test('opens to what was put in', () => {
    expect(decodeCursor('accounts', cursor, schema)).toEqual({ status: 'open', after: 'alice' });
  });

  test.each([
    ['garbage', 'abc'],
    ['an addition', `${cursor}!`],
    ['a cut', cursor.slice(0, -3)],
    ['another list, however alike', encodeCursor('customers', { after: 'alice' })],
    ['another place', encodeCursor('accounts', { before: 3 })],
    ['more than it has', encodeCursor('accounts', { after: 'alice', admin: true })],
    ['no object', Buffer.from('5').toString('base64url')],
  ])('refuses %s', (_what, tampered) => {
    expect(() => decodeCursor('accounts', tampered, schema)).toThrow(/not a cursor of this list/);
  });

  test('keeps its filters, which a query may repeat and not change', () => {
    const opened = decodeCursor('accounts', cursor, schema);
    expect(keepFilters(opened, { status: 'open' })).toEqual(opened);
    expect(keepFilters(opened, {})).toEqual(opened);
    expect(() => keepFilters(opened, { status: 'closed' })).toThrow('/query/status');
  });
});
