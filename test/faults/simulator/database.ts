import { EventEmitter } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
// Brings pg's parsers of big numbers and times into the form that the shipped code expects.
import '../../../platform/postgres.ts';

/** A real Postgres in this process, with one session. It is emptied between runs, never closed. */
export type Database = {
  readonly session: pg.Client;
  /** Leaves it as it was after its migrations. */
  reset(): Promise<void>;
};

/** Truncating frees what deleted rows take, but costs more than deleting a few of them. */
const RESETS_BETWEEN_TRUNCATES = 25;

/** Names of Postgres's clock and chance, put before its own ones: in a run both are the seed's. */
const SIMULATED = `
  create schema simulated;
  create function simulated.now() returns timestamptz language sql stable
    as $$ select current_setting('simulated.now')::timestamptz $$;
  create function simulated.clock_timestamp() returns timestamptz language sql stable
    as $$ select current_setting('simulated.now')::timestamptz $$;
  create function simulated.random() returns float8 language sql stable as $$ select 0.5::float8 $$;
  set simulated.now = '2026-01-01T00:00:00Z';
  set search_path = public, simulated, pg_catalog;`;

/** Opens the event store's database and that of the read tables, which may live in one of their own. */
export async function openDatabases(): Promise<{ readonly store: Database; readonly read: Database }> {
  const first = await PGlite.create({ relaxedDurability: true });
  // To initialise a database takes seconds, and to copy an empty one does not.
  const loadDataDir = await first.dumpDataDir('none');
  const second = await PGlite.create({ relaxedDurability: true, loadDataDir });
  return {
    store: await openDatabase(first, 'migrations'),
    read: await openDatabase(second, 'read-migrations'),
  };
}

/** Gives a database the tables of one of the folders of migrations. */
async function openDatabase(server: PGlite, folder: 'migrations' | 'read-migrations'): Promise<Database> {
  const session = new pg.Client({ stream: () => new Wire(server) as unknown as never } as pg.ClientConfig);
  await session.connect();
  await session.query(SIMULATED);
  await migrate(session, folder);
  if (folder === 'migrations') await session.query('create table simulated.late (like public.outbox)');
  const reset = await createReset(session, folder === 'migrations' ? 'delete from simulated.late' : '');
  return { session, reset };
}

async function migrate(session: pg.Client, folder: string): Promise<void> {
  const path = fileURLToPath(new URL(`../../../sql/${folder}`, import.meta.url));
  for (const file of (await readdir(path)).filter((name) => name.endsWith('.sql')).sort()) {
    const text = await readFile(join(path, file), 'utf8');
    await session.query(text.split(/^--\s*down migration/im)[0] ?? '');
  }
}

/** Keeps copies of what the migrations wrote, to be put back. */
async function createReset(session: pg.Client, extra: string): Promise<() => Promise<void>> {
  const { rows } = await session.query<{ name: string; seq: boolean }>(`
    select relname as name, relkind = 'S' as seq from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'S') order by relname`);
  const tables = rows.filter(({ seq }) => !seq).map(({ name }) => name);
  const statements: string[] = [];
  for (const table of tables) {
    const found = await session.query(`create table simulated.${table} as select * from public.${table}`);
    if (found.rowCount !== 0) statements.push(`insert into ${table} select * from simulated.${table}`);
  }
  for (const { name, seq } of rows) if (seq) statements.push(`alter sequence ${name} restart`);
  const restore = statements.join('; ');
  let resets = 0;
  return async () => {
    resets += 1;
    const empty =
      resets % RESETS_BETWEEN_TRUNCATES === 0
        ? `truncate ${tables.join(', ')}`
        : tables.map((table) => `delete from ${table}`).join('; ');
    await session.query(`rollback; ${empty}; ${restore}; ${extra}`);
  };
}

const AUTHENTICATED = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);

/**
 * The wire between pg's own client and the Postgres in this process: so types, errors and prepared statements are
 * those of the real driver.
 */
class Wire extends EventEmitter {
  readonly writable = true;
  private readonly server: PGlite;
  private waiting: Buffer[] = [];
  private greeted = false;

  constructor(server: PGlite) {
    super();
    this.server = server;
  }

  connect(): void {
    process.nextTick(() => this.emit('connect'));
  }

  write(data: Buffer, done?: unknown): boolean {
    if (this.waiting.length === 0) queueMicrotask(() => this.flush());
    this.waiting.push(Buffer.from(data));
    if (typeof done === 'function') done();
    return true;
  }

  private flush(): void {
    const message = Buffer.concat(this.waiting);
    this.waiting = [];
    const answer = this.greeted ? this.answerTo(message) : AUTHENTICATED;
    this.greeted = true;
    if (answer.length > 0) this.emit('data', answer);
  }

  /**
   * As a stream: of any other answer PGlite keeps what it has parsed for good. All of it has come when the call returns; only
   * its promise ends later.
   */
  private answerTo(message: Buffer): Buffer {
    const answer: Buffer[] = [];
    const onRawData = (data: Uint8Array) => void answer.push(Buffer.from(data));
    this.server
      .execProtocolRawStream(message, { syncToFs: false, onRawData })
      .catch((error: unknown) => this.emit('error', error));
    return Buffer.concat(answer);
  }

  end(): void {
    this.emit('close');
  }
  destroy(): void {
    this.emit('close');
  }
  cork(): void {}
  uncork(): void {}
  ref(): void {}
  unref(): void {}
  pause(): void {}
  resume(): void {}
  setNoDelay(): void {}
  setKeepAlive(): void {}
}
