import { EventEmitter } from 'node:events';
import type { Pool } from '../../../platform/postgres.ts';
import type { Database } from './database.ts';
import type { Faults } from './faults.ts';
import { createLateCommits } from './late-commits.ts';
import type { World } from './world.ts';

/** How often a transaction's connection is lost around its commit. */
const CRASH = { before: 0.04, after: 0.06 } as const;

/** A pool of simulated connections over one database, and the faults of the wire to it. */
export type FaultyPool = {
  readonly pool: Pool;
  /** Cuts every connection of a process: what it holds is rolled back, its locks are freed. */
  cut(processName: string): void;
  /** Cuts the connection that leads a task, without telling its holder; false where nobody leads. */
  cutLeader(task: string): boolean;
  /** Nobody can connect until this instant. */
  outageUntil(ms: number): void;
};

/** Statements for which Postgres's clock must be right. */
const ASKS_TIME = /now\(\)|clock_timestamp/;

type Statement = string | { readonly name?: string; readonly text: string; readonly values?: unknown[] };

/** One simulated database server: transactions run one at a time, whose turn it is is the world's choice. */
export function createFaultyPool(
  name: 'store' | 'read',
  database: Database,
  { world, faults }: { world: World; faults: Faults },
): FaultyPool {
  const turns = createTurns();
  const clients = new Set<Connection>();
  const leaders = new Map<string, Connection>();
  const late = createLateCommits(database, world);
  let outageMs = 0;

  class Connection extends EventEmitter {
    readonly processName = world.current()?.process.name ?? '';
    broken = false;
    /** Ends this connection's turn, while it is in a transaction. */
    endTurn: (() => void) | null = null;
    private wrote = false;
    private last: Promise<unknown> = Promise.resolve();

    /** In the order in which they are sent, as over one wire. */
    query(statement: Statement, values?: unknown[]): Promise<unknown> {
      const answer = this.last.then(() => this.answer(statement, values));
      this.last = answer.catch(() => undefined);
      return answer;
    }

    private async answer(statement: Statement, values?: unknown[]): Promise<unknown> {
      this.requireUsable();
      const text = typeof statement === 'string' ? statement : statement.text;
      if (typeof statement !== 'string') {
        const answer = this.leads(statement);
        if (answer !== null) return answer;
      }
      if (text.startsWith('begin')) return this.begin(text);
      if (text === 'commit') return this.commit();
      if (text === 'rollback') return this.rollback();
      if (text.includes('idle_session_timeout')) return { rows: [] };
      if (text.includes('insert into outbox')) this.wrote = true;
      if (this.endTurn !== null) return run(statement, values);
      return alone(text, () => run(statement, values));
    }

    release(error?: Error | boolean): void {
      clients.delete(this);
      if (this.broken) return;
      if (error || this.endTurn !== null) this.lose();
      for (const [task, leader] of leaders) if (leader === this) leaders.delete(task);
    }

    /** The server's end of a lost connection: the transaction is rolled back and the locks are freed. */
    lose(): void {
      this.broken = true;
      clients.delete(this);
      for (const [task, leader] of leaders) if (leader === this) leaders.delete(task);
      const { endTurn } = this;
      this.endTurn = null;
      if (endTurn !== null) void world.busy(() => database.session.query('rollback').then(endTurn));
    }

    private requireUsable(): void {
      if (!this.broken && world.now() < outageMs) this.lose();
      if (this.broken) throw lost();
    }

    private async begin(text: string): Promise<unknown> {
      const endTurn = await turns.take();
      if (this.broken) {
        endTurn();
        throw lost();
      }
      this.endTurn = endTurn;
      this.wrote = false;
      return run(`${text}; ${clock()}`);
    }

    private async commit(): Promise<unknown> {
      const place = placeOf(name, world);
      if (faults.hits('crash before commit', place, CRASH.before)) {
        world.note(`${place} crashed before commit`);
        this.lose();
        throw lost();
      }
      const settle = this.wrote ? await late.prepare(faults.hits('commit seen late', place, 0.05)) : null;
      const result = await run('commit');
      this.endTurn?.();
      this.endTurn = null;
      await settle?.();
      world.note(`${place} committed`);
      if (name === 'store') world.wake();
      if (world.current()?.deaf || faults.hits('crash after commit', place, CRASH.after)) {
        world.note(`${place} lost the reply`);
        this.lose();
        throw lost();
      }
      return result;
    }

    private async rollback(): Promise<unknown> {
      const result = await run('rollback');
      this.endTurn?.();
      this.endTurn = null;
      return result;
    }

    /** Session locks, which one real session cannot keep apart. */
    private leads({ name: statement, values = [] }: Exclude<Statement, string>): unknown {
      const task = String(values[0]);
      if (statement === 'try-to-lead') {
        const holder = leaders.get(task);
        if (holder === undefined) leaders.set(task, this);
        return { rows: [{ leads: holder === undefined || holder === this }] };
      }
      if (statement !== 'resign') return null;
      leaders.delete(task);
      return { rows: [] };
    }
  }

  const run = (statement: Statement, values?: unknown[]) =>
    world.busy(() => database.session.query(statement as string, values));
  const clock = () => `set simulated.now = '${world.date().toISOString()}'`;
  const alone = async <T>(text: string, work: () => Promise<T>): Promise<T> => {
    const end = await turns.take();
    try {
      if (ASKS_TIME.test(text)) await run(clock());
      return await work();
    } finally {
      end();
    }
  };

  async function connect(): Promise<Connection> {
    await world.step();
    if (world.now() < outageMs) throw refused();
    const client = new Connection();
    clients.add(client);
    return client;
  }

  const pool = {
    connect,
    async query(statement: Statement, values?: unknown[]) {
      const client = await connect();
      try {
        return await client.query(statement, values);
      } finally {
        client.release();
      }
    },
    on: () => pool,
    end: async () => undefined,
  };
  return {
    // The shipped code uses these four of a pool's methods, and of its clients query, release, on and off.
    pool: pool as unknown as Pool,
    cut(processName) {
      for (const client of [...clients]) if (client.processName === processName) client.lose();
    },
    cutLeader(task) {
      const leader = leaders.get(task);
      leader?.lose();
      return leader !== undefined;
    },
    outageUntil(ms) {
      outageMs = ms;
    },
  };
}

/** The transaction that a task is in, by a name that stays the same in a smaller run. */
function placeOf(name: string, world: World): string {
  const task = world.current();
  return `${name}/${task?.key ?? 'outside'}/${task?.steps ?? 0}`;
}

function lost(): Error {
  return new Error('Connection terminated unexpectedly');
}

function refused(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
}

/** One at a time, first come first served. */
function createTurns() {
  let last: Promise<void> = Promise.resolve();
  return {
    async take(): Promise<() => void> {
      const before = last;
      let end: () => void = () => undefined;
      last = new Promise((resolve) => {
        end = resolve;
      });
      await before;
      return end;
    },
  };
}
