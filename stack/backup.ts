import { chown, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import pg from 'pg';
import { type CopiedFile, checksum, copyFile, copyTree, exists, flushFolder } from './copy-tree.ts';
import { SetupFailure } from './failure.ts';
import { MANIFEST, type Manifest } from './manifest.ts';

const CONNECT_TIMEOUT_MS = 2_000;
/** Begins with a checkpoint, which writes all that Postgres has in memory. */
const QUERY_TIMEOUT_MS = 120_000;
/** Postgres writes its control file at once; a copy that was read half-way differs from the next. */
const CONTROL_TRIES = 10;
const CONTROL = 'global/pg_control';

/** A session has it from start to stop, and one at a time: the folder is that session's too. */
const SLOT = 'remit_backup';
const DUPLICATE_OBJECT = '42710';

/**
 * Takes a base backup of the running Postgres of the local stack, while others write: its data folder with the
 * write-ahead log that makes the copy consistent (Postgres manual, "Making a Base Backup Using the Low Level API").
 * @param dir the stack's data folder, whose Postgres answers at `url`.
 * @param folder where the backup goes; it must not exist, and it only gets its name when it is whole.
 * @throws SetupFailure when the folder exists, when another backup is being taken, or when Postgres does not run or
 * runs on another data folder.
 */
export async function takeBackup(options: { dir: string; url: string; folder: string }): Promise<Manifest> {
  const { dir, url, folder } = options;
  const data = join(dir, 'postgres');
  const client = await connect(url, data);
  try {
    await takeSlot(client);
    return await writeBackup(client, data, folder);
  } finally {
    // Ends the backup in Postgres as well where it was not completed, and frees the slot.
    await client.end().catch(() => undefined);
  }
}

/** Keeps the log from the start on until this session ends, however long the copy takes. */
async function takeSlot(client: pg.Client): Promise<void> {
  try {
    await client.query('select pg_create_physical_replication_slot($1, true, true)', [SLOT]);
  } catch (cause) {
    if (!(cause instanceof pg.DatabaseError) || cause.code !== DUPLICATE_OBJECT) throw cause;
    throw new SetupFailure('Another backup is being taken: wait until it has ended.', { cause });
  }
}

/** Only with the slot: what has the same name and is not whole is then nobody's any more. */
async function writeBackup(client: pg.Client, data: string, folder: string): Promise<Manifest> {
  if (await exists(folder)) throw new SetupFailure(`${folder} exists: name a folder that does not.`);
  const partial = `${folder}.partial`;
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true, mode: 0o700 });
    const files = await copyWhileRunning(client, data, join(partial, 'postgres'));
    const manifest: Manifest = { format: 1, takenAt: new Date().toISOString(), files };
    await writeFile(join(partial, MANIFEST), `${JSON.stringify(manifest, undefined, 1)}\n`, { flush: true });
    await flushFolder(partial);
    await rename(partial, folder);
    return manifest;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function connect(url: string, data: string): Promise<pg.Client> {
  const bounds = { connectionTimeoutMillis: CONNECT_TIMEOUT_MS, query_timeout: QUERY_TIMEOUT_MS };
  const client = new pg.Client({ connectionString: url, ...bounds });
  // A server that goes away is told by the next query; without a listener it is a crash.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    throw new SetupFailure(
      `The Postgres of ${data} does not answer: start Remit (npm start), then back up.`,
      {
        cause,
      },
    );
  }
  const { rows } = await client.query<{ folder: string }>(
    `select current_setting('data_directory') as folder`,
  );
  if (rows[0]?.folder === data) return client;
  await client.end();
  throw new SetupFailure(`The Postgres that answers runs on ${rows[0]?.folder}, not on ${data}.`);
}

/** One session from start to stop: Postgres gives the backup up when it ends. */
async function copyWhileRunning(client: pg.Client, data: string, to: string): Promise<CopiedFile[]> {
  const begun = await client.query<{ wal: string }>(
    `select pg_walfile_name(pg_backup_start('remit', fast => true)) as wal`,
  );
  const files = await copyTree(data, to, { leaveOut, mayVanish: true });
  files.push(await copyControl(data, to));
  const ended = await client.query<{ wal: string; labelfile: string; spcmapfile: string }>(
    `select pg_walfile_name(lsn) as wal, labelfile, spcmapfile from pg_backup_stop()`,
  );
  const { wal, labelfile, spcmapfile } = ended.rows[0]!;
  if (spcmapfile !== '')
    throw new SetupFailure('The local stack has no tablespaces, and this Postgres does.');
  files.push(await writeLabel(data, to, labelfile));
  files.push(...(await copyLog(data, to, begun.rows[0]!.wal, wal)));
  return files;
}

/** Folders whose content belongs to the running server alone; they themselves must be there. */
const EMPTIED =
  /^(pg_wal|pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\//;
const UNWANTED = /^(postmaster\.(pid|opts)|pgsql_tmp.*|pg_internal\.init.*)$/;

function leaveOut(path: string): boolean {
  return EMPTIED.test(path) || UNWANTED.test(basename(path)) || path === CONTROL;
}

/** Copied after the rest, until two copies are the same. */
async function copyControl(data: string, to: string): Promise<CopiedFile> {
  let last = await copyFile(join(data, CONTROL), join(to, CONTROL));
  for (let tries = 1; tries < CONTROL_TRIES; tries += 1) {
    const again = await copyFile(join(data, CONTROL), join(to, CONTROL));
    if (again.sha256 === last.sha256) return { path: CONTROL, ...again };
    last = again;
  }
  throw new Error(`${join(data, CONTROL)} changed ${CONTROL_TRIES} times while it was copied`);
}

/** Tells the Postgres that starts on the copy where in the log to begin. Without it the copy would be corrupt. */
async function writeLabel(data: string, to: string, label: string): Promise<CopiedFile> {
  const file = join(to, 'backup_label');
  await writeFile(file, label, { mode: 0o600, flush: true });
  const { uid, gid } = await stat(data);
  if (process.getuid?.() === 0) await chown(file, uid, gid);
  return { path: 'backup_label', bytes: Buffer.byteLength(label), sha256: await checksum(file) };
}

/** The segments of the log from the backup's start to its end; their names sort by their place. */
async function copyLog(data: string, to: string, first: string, last: string): Promise<CopiedFile[]> {
  const names = (await readdir(join(data, 'pg_wal'))).filter((name) => /^[0-9A-F]{24}$/.test(name));
  const wanted = names.filter((name) => name >= first && name <= last).sort();
  if (wanted[0] !== first || wanted.at(-1) !== last) {
    throw new Error(`the log from ${first} to ${last} is not all in ${join(data, 'pg_wal')}`);
  }
  const files: CopiedFile[] = [];
  for (const name of wanted) {
    const path = `pg_wal/${name}`;
    files.push({ path, ...(await copyFile(join(data, path), join(to, path))) });
  }
  await flushFolder(join(to, 'pg_wal'));
  return files;
}
