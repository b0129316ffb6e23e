import { expect, test } from 'vitest';
import {
  type AccountId,
  accountIdOf,
  accountStream,
  ID_PATTERN,
  parseStream,
  type TransferId,
  transferStream,
} from './ids.ts';

test('a stream says what it is about', () => {
  const account = accountStream('account-1' as AccountId);
  const transfer = transferStream('t:1' as TransferId);
  expect(parseStream(account)).toEqual({ kind: 'account', accountId: 'account-1' });
  expect(parseStream(transfer)).toEqual({ kind: 'transfer', transferId: 't:1' });
  expect(accountIdOf(account)).toBe('account-1');
  expect(() => accountIdOf(transfer)).toThrow("not an account's");
  expect(() => parseStream('my-account-1')).toThrow('neither');
});

test('an id begins with a letter or digit and has at most 64 characters', () => {
  const good = ['a', 'A.b_c:d-9', '0', 'x'.repeat(64)];
  const bad = ['', '-a', '.a', 'a b', 'a/b', 'ä', 'x'.repeat(65), 'a\n', ' a'];
  expect([...good, ...bad].filter((id) => ID_PATTERN.test(id))).toEqual(good);
});
