import { createLog } from '../platform/log.ts';
import { createPool } from '../platform/postgres.ts';
import { databaseUrls } from '../stack/local-database.ts';
import { exitCodeOf, sentenceOf } from './verify/failures.ts';
import { readArgs } from './verify/options.ts';
import { runNewKey, runVerify } from './verify/run.ts';

// Usage: npm run verify [-- --checkpoint <file> --key <pem file>] [--against <file> --public-key <file>],
// or npm run verify -- --new-key <file>. DATABASE_URL is that of the local stack unless it is set.
// Exit codes: 0 verified, 1 violated or a checkpoint that proves nothing, 2 cannot run.
try {
  const args = readArgs(process.argv.slice(2), process.env);
  const ok = args.mode === 'new-key' ? await runNewKey(args.file) : await withPools(args);
  if (!ok) process.exitCode = 1;
} catch (error) {
  console.error(sentenceOf(error));
  process.exitCode = exitCodeOf(error);
}

async function withPools(args: Parameters<typeof runVerify>[0]): Promise<boolean> {
  const { url, readUrl } = databaseUrls(process.env);
  const log = createLog({ level: 'fatal', role: 'verify' });
  // One connection each: a snapshot lives in one.
  const pool = createPool({ url, max: 1, name: 'remit-verify', log });
  const readPool = createPool({ url: readUrl, max: 1, name: 'remit-verify', log });
  try {
    return await runVerify(args, { pool, readPool });
  } finally {
    await Promise.all([pool.end(), readPool.end()]);
  }
}
