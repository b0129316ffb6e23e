import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { forget, record, tail } from '../../../stack/processes.ts';
import { supervise } from '../../../stack/supervise.ts';
import { answers, type RemitChild, spawnRemit, waitFor } from '../../processes.ts';
import { isFailure, readLog } from './log-lines.ts';
import type { Fleet, Layout } from './scenario.ts';

const READY_TIMEOUT_MS = 180_000;

type StartOptions = { readonly env?: Record<string, string>; readonly entry?: string };

type Member = {
  readonly name: string;
  readonly roles: string;
  readonly logFile: string;
  options: StartOptions;
  port: number | undefined;
  child: RemitChild | null;
  /** Ends the care for it: what is ended on purpose is not started again. */
  care: AbortController;
  /** Why it was given up. */
  failure: string | null;
  /** How often it ended by itself. */
  ends: number;
};

/** A fleet that its ground ends, and whose logs are judged whole. */
export type OwnedFleet = Fleet & {
  startAll(): Promise<void>;
  /** SIGKILL to all that run. */
  killAll(): Promise<void>;
  /** How many lines at level warn or above all processes have logged since an instant (ms since 1970). */
  failuresSince(at: number): Promise<number>;
  /** How often processes ended by themselves so far, and why one was given up. */
  ends(): { readonly count: number; readonly failure: string | null };
};

/**
 * Remit's processes over the parts named by `env`. Each tells Postgres its name as application_name, so that
 * connections can be told apart; one that is started again gets its port again. One that ends by itself is started
 * again as `npm start` does it, at most five times within a minute.
 */
export function createFleet(dir: string, env: Record<string, string>, layout: Layout): OwnedFleet {
  const members = new Map<string, Member>();
  const enlist = (name: string, roles: string) => {
    if (members.has(name)) throw new Error(`there is a process ${name} already`);
    members.set(name, newMember(dir, name, roles));
  };
  for (const [name, roles] of Object.entries(layout)) enlist(name, roles);
  const lookUp = (name: string): Member => {
    const member = members.get(name);
    if (member === undefined) throw new Error(`there is no process ${name}`);
    return member;
  };
  const childOf = (name: string): RemitChild => {
    const { child } = lookUp(name);
    if (child === null || !runs(child)) throw new Error(`${name} does not run`);
    return child;
  };

  async function start(name: string, options: StartOptions = {}): Promise<void> {
    const member = lookUp(name);
    if (member.child !== null) throw new Error(`${name} runs already`);
    member.options = options;
    member.care = new AbortController();
    const from = await size(member.logFile);
    await spawnMember(dir, env, member);
    await ready(member, from);
    void careFor(dir, env, member);
  }

  async function end(name: string, how: (child: RemitChild) => Promise<number | null>) {
    const member = lookUp(name);
    if (member.child === null) throw new Error(`${name} does not run`);
    member.care.abort();
    const code = await how(member.child);
    member.child = null;
    await forget(dir, name);
    return code;
  }

  const running = () => [...members.values()].filter(({ child }) => child !== null && runs(child));
  return {
    start,
    async add(name, roles, options) {
      enlist(name, roles);
      await start(name, options);
    },
    kill: async (name) => void (await end(name, sigkill)),
    stop: (name) => end(name, (child) => child.stop()),
    signal: (name, signal) => void childOf(name).child.kill(signal),
    pid: (name) => childOf(name).child.pid!,
    names: () => running().map(({ name }) => name),
    url(name) {
      const { port } = lookUp(name);
      if (port === undefined) throw new Error(`${name} was never started`);
      return `http://127.0.0.1:${port}`;
    },
    async readLog(name) {
      const lines = await readLog(lookUp(name).logFile);
      return env.LOG_LEVEL === undefined ? lines.filter(isFailure) : lines;
    },
    async startAll() {
      await Promise.all(Object.keys(layout).map((name) => start(name)));
    },
    async killAll() {
      const there = [...members.values()].filter(({ child }) => child !== null);
      await Promise.all(there.map(({ name }) => end(name, sigkill)));
    },
    async failuresSince(at) {
      const logs = await Promise.all([...members.values()].map(({ logFile }) => readLog(logFile)));
      return logs.flat().filter((line) => isFailure(line) && Number(line.time) >= at).length;
    },
    ends() {
      const all = [...members.values()];
      const failure = all.find((member) => member.failure !== null)?.failure ?? null;
      return { count: all.reduce((sum, { ends }) => sum + ends, 0), failure };
    },
  };
}

function newMember(dir: string, name: string, roles: string): Member {
  const logFile = join(dir, `${name}.log`);
  const care = new AbortController();
  return { name, roles, logFile, options: {}, port: undefined, child: null, care, failure: null, ends: 0 };
}

async function spawnMember(dir: string, env: Record<string, string>, member: Member): Promise<void> {
  const { name, roles, logFile, options, port } = member;
  const own: Record<string, string> = { LOG_LEVEL: 'info', ...env, ...options.env };
  const child = await spawnRemit(
    roles,
    { ...own, DATABASE_URL: named(own.DATABASE_URL!, name) },
    {
      logFile,
      ...(port === undefined ? {} : { port }),
      ...(options.entry === undefined ? {} : { entry: options.entry }),
    },
  );
  member.child = child;
  member.port = Number(new URL(child.url).port);
  await record(dir, name, child.child.pid!);
}

/** Runs as long as the process is wanted; what it gives up at fails the run (see `ends`). */
async function careFor(dir: string, env: Record<string, string>, member: Member): Promise<void> {
  const supervised = {
    name: member.name,
    start: () => spawnMember(dir, env, member),
    async ended() {
      const { child } = member;
      if (child !== null && runs(child)) await once(child.child, 'exit');
      if (!member.care.signal.aborted) member.ends += 1;
    },
    explain: () => tail(member.logFile),
  };
  await supervise(supervised, member.care.signal).catch((error: unknown) => {
    member.failure = String(error);
  });
}

/** An API answers; any other says that it started. One that ends meanwhile fails at once, with the end of its log. */
async function ready({ name, roles, logFile, child }: Member, from: number): Promise<void> {
  const isReady = async () => {
    if (child === null || !runs(child))
      throw new Error(`${name} ended while it started; its log ends:\n${await tail(logFile)}`);
    if (roles.includes('api')) return answers(`${child.url}/healthz`);
    return (await readLog(logFile, from)).some(({ msg }) => msg === 'started');
  };
  await waitFor(`${name} to start`, isReady, READY_TIMEOUT_MS);
}

async function sigkill(child: RemitChild): Promise<null> {
  await child.kill();
  return null;
}

function runs({ child }: RemitChild): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** node-pg takes the name in the address before the one in the pool's options. */
function named(url: string, name: string): string {
  const address = new URL(url);
  address.searchParams.set('application_name', name);
  return address.href;
}

async function size(file: string): Promise<number> {
  return stat(file).then(
    (found) => found.size,
    () => 0,
  );
}
