import { resolve } from 'node:path';
import { takeBackup } from '../stack/backup.ts';
import { printFailure, SetupFailure } from '../stack/failure.ts';
import { databaseUrls } from '../stack/local-database.ts';

// Usage: npm run backup -- <folder>, while Remit runs. Restored by npm run restore.
const DIR = resolve('.remit');

async function main(folder: string | undefined): Promise<void> {
  if (folder === undefined) throw new SetupFailure('Say where the backup goes: npm run backup -- <folder>.');
  if (process.env.DATABASE_URL)
    throw new SetupFailure(
      'DATABASE_URL names a Postgres of your own: back it up with pg_basebackup or pg_dump.',
    );
  const { url } = databaseUrls(process.env);
  const { files } = await takeBackup({ dir: DIR, url, folder: resolve(folder) });
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1024 ** 2;
  console.log(
    `${resolve(folder)} holds the ledger as of now: ${files.length} files, ${megabytes.toFixed(0)} MB.`,
  );
}

try {
  await main(process.argv[2]);
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
