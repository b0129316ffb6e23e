import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createLog } from '../platform/log.ts';
import { createPool } from '../platform/postgres.ts';
import { migrate } from '../sql/migrate.ts';
import { type Rewound, rewind } from '../sql/rewind.ts';
import { printFailure, SetupFailure } from '../stack/failure.ts';
import { portsFromEnv } from '../stack/ports.ts';
import { createProgress } from '../stack/progress.ts';
import { requireLocalParts, restoreBackup } from '../stack/restore.ts';

// Usage: npm run restore -- <folder> [--force], while Remit is stopped. The folder is one of npm run backup.
const USAGE = 'Say which backup: npm run restore -- <folder> [--force].';

async function main(): Promise<void> {
  const { folder, force } = readArguments();
  requireLocalParts(process.env);
  const { manifest, prepared } = await restoreBackup({
    backup: resolve(folder),
    dir: resolve('.remit'),
    force,
    port: portsFromEnv(process.env).postgres,
    prepare,
    progress: createProgress('restore'),
    signal: new AbortController().signal,
  });
  console.log(
    `The ledger is as it was when the backup of ${manifest.takenAt} ended, up to position ${prepared.head}.`,
  );
  console.log(`At the next start ${prepared.unfinished} accepted commands that were not final go on.`);
}

function readArguments(): { folder: string; force: boolean } {
  try {
    const { values, positionals } = parseArgs({
      options: { force: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    if (positionals.length === 1) return { folder: positionals[0]!, force: values.force };
  } catch (cause) {
    throw new SetupFailure(USAGE, { cause });
  }
  throw new SetupFailure(USAGE);
}

/** The backup may be of an older version of Remit: its schema is brought up to date first. */
async function prepare(url: string): Promise<Rewound> {
  await migrate(url);
  const pool = createPool({
    url,
    max: 2,
    name: 'remit-restore',
    log: createLog({ level: 'warn', role: 'restore' }),
  });
  try {
    return await rewind(pool, pool);
  } finally {
    await pool.end();
  }
}

try {
  await main();
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
