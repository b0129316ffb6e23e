import { expect, test } from 'vitest';
import { createLog } from '../platform/log.ts';
import { databaseUrls, withDatabases } from './local-database.ts';

const LOCAL = 'postgres://remit:remit@127.0.0.1:54329/remit';

test('an address that is empty is the local one, never what the PG variables name', () => {
  const empty = { DATABASE_URL: '', READ_DATABASE_URL: '', PGHOST: 'elsewhere', PGDATABASE: 'another' };
  expect(databaseUrls(empty)).toEqual({ url: LOCAL, readUrl: LOCAL });
  expect(databaseUrls({})).toEqual({ url: LOCAL, readUrl: LOCAL });
  expect(databaseUrls({ DATABASE_URL: 'own' })).toEqual({ url: 'own', readUrl: 'own' });
  expect(databaseUrls({ READ_DATABASE_URL: 'own' })).toEqual({ url: LOCAL, readUrl: 'own' });
});

test('a Postgres that is away is told in one sentence, and any other failure is not taken for that', async () => {
  const log = createLog({ level: 'silent', role: 'test' });
  const options = { env: { DATABASE_URL: 'postgres://a:b@127.0.0.1:1/c' }, name: 'test', log, max: 1 };
  await expect(withDatabases(options, ({ pool }) => pool.query('select 1'))).rejects.toThrow(
    /^Postgres cannot be reached, or went away \(.*ECONNREFUSED.*\): start Remit, or set DATABASE_URL/,
  );
  const failing = () => Promise.reject(new TypeError('a bug'));
  await expect(withDatabases(options, failing)).rejects.toThrow(TypeError);
});
