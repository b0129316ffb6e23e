import type pg from 'pg';
import type { Chance } from '../../../cli/demo/chance.ts';
import type { Part, StackEnv } from '../../../stack/part.ts';
import type { GivenUp, Load } from '../workload/load.ts';

export type PartName = Part['name'];

/** One fault of the campaign (F1 to F20), as it is inflicted on real processes and parts while clients are at work. */
export type Scenario = {
  /** `F1` to `F20`; one fault may have several scenarios, told apart by a letter: `F4a`. */
  readonly id: string;
  /** What happens, as a short phrase: `API killed after the command's commit`. */
  readonly title: string;
  /** What counts as one hit: `a recorded command whose workflow the killed API had not started`. */
  readonly hit: string;
  /** Which processes run; by default `front` (api,worker), `worker` (worker) and `projector` (projector). */
  readonly layout?: Layout;
  /** Settings of all of Remit's processes that differ from the campaign's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Parts that Remit's processes reach through a proxy only (`scene.proxies`). */
  readonly through?: readonly PartName[];
  /** How long the clients work at least, in milliseconds; 8,000 by default. They never stop before the fault has healed. */
  readonly loadMs?: number;
  /** How many dead letters the fault plants on purpose; 0 by default. */
  readonly deadLetters?: number;
  /** Ways in which this fault may make Remit give up what it was asked for; none by default: any other is a violation. */
  readonly mayGiveUp?: readonly GivenUp[];
  /** True where a run leaves processes behind that the next one cannot begin with: each seed gets a ground of its own. */
  readonly groundPerSeed?: boolean;
  /** Prepares the ground before anything runs, such as a small disk; what it returns undoes that. */
  readonly prepare?: (ground: { readonly dir: string }) => Promise<() => Promise<void>>;
  /** Does what must be done once the processes run and before the first load. */
  readonly settle?: (ground: Pick<Scene, 'env'>) => Promise<void>;
  /**
   * Inflicts the fault while the load runs and heals it. Called once for each seed; resolves when it has healed, or
   * later where `scene.healed` has told the instant. Every wait in it is bounded. Zero hits fail the run.
   */
  readonly inflict: (scene: Scene) => Promise<Inflicted>;
};

/** What the fault did, or how that is looked up: asked when the load has ended and all is quiet, before the run is judged. */
export type Inflicted = Bite | (() => Promise<Bite>);

/** Names of processes and the roles of each. */
export type Layout = Readonly<Record<string, string>>;

export type Bite = {
  readonly hits: number;
  /** What else is worth telling of this run, in a few words. */
  readonly note?: string;
};

/** All that a scenario can touch. */
export type Scene = {
  /** What the seed decides: when, which, how often. */
  readonly chance: Chance;
  /** Data, logs and sockets of this ground; removed at its end. */
  readonly dir: string;
  /** The addresses that Remit's processes get; of a part in `through`, its proxy's. */
  readonly env: StackEnv & Readonly<Record<string, string>>;
  readonly parts: Readonly<Record<PartName, Part>>;
  /** Kills a part (SIGKILL), and starts it again on the data that it left. */
  readonly killPart: (name: PartName) => Promise<void>;
  readonly startPart: (name: PartName) => Promise<void>;
  /** One for each part in `through`. */
  readonly proxies: Readonly<Partial<Record<PartName, FaultProxy>>>;
  /** The campaign's own way to Postgres, past every proxy. */
  readonly db: pg.Pool;
  readonly fleet: Fleet;
  readonly load: Load;
  /** Instant (milliseconds since 1970) at which this run's load began: rows of it are younger. */
  readonly beganAt: number;
  /**
   * Tells that the fault has healed in this instant, which begins the 60 s of I3: for scenarios that go on afterwards.
   * The last call holds; without one it is when `inflict` resolves.
   */
  healed(): void;
};

/** Remit's processes of a ground, by name. */
export type Fleet = {
  /** Starts a process that is not running; returns when it answers or, without an API, has said that it started. */
  start(
    name: string,
    options?: { readonly env?: Record<string, string>; readonly entry?: string },
  ): Promise<void>;
  /** Adds a process beside those of the layout. */
  add(
    name: string,
    roles: string,
    options?: { readonly env?: Record<string, string>; readonly entry?: string },
  ): Promise<void>;
  /** SIGKILL, and waits for the end. */
  kill(name: string): Promise<void>;
  /** SIGTERM, and waits; returns the exit code. */
  stop(name: string): Promise<number | null>;
  /** Any other signal, such as SIGSTOP and SIGCONT. */
  signal(name: string, signal: NodeJS.Signals): void;
  pid(name: string): number;
  /** The processes that run now. */
  names(): string[];
  /** Base address of a process's API. */
  url(name: string): string;
  /** What a process logged so far: one JSON object a line (pino), level warn and above unless LOG_LEVEL says otherwise. */
  readLog(name: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
};

/** A TCP proxy before a part. Everything passes unless told otherwise; each setting holds for all connections. */
export type FaultProxy = {
  readonly address: string;
  /** Adds a delay to each direction, drawn for each piece of data; order is kept. Null: none. */
  delay(range: { readonly fromMs: number; readonly toMs: number } | null): void;
  /** Keeps everything back silently, new connections included: what was not cut meanwhile arrives after `resume`. */
  pause(): void;
  resume(): void;
  /** Cuts all connections and refuses new ones until `resume`. */
  refuse(): void;
  /** Cuts all connections of now. */
  cut(): void;
  /**
   * Postgres only. Looks at each statement that a client sends, before Postgres gets it; what it answers happens to
   * that connection. A promise holds that connection's bytes until it resolves.
   */
  intercept(look: ((statement: Statement) => Reaction | Promise<Reaction>) | null): void;
};

/**
 * `pass`; `lose-reply`: the server gets it, and the connection is cut when its reply has come, the reply is lost;
 * `withReply`: is asked when the reply has come, and holds it until it has said whether it passes.
 */
export type Reaction =
  | 'pass'
  | 'lose-reply'
  | { readonly withReply: () => Promise<'pass' | 'lose-reply'> | 'pass' | 'lose-reply' };

/** A statement on its way to Postgres: a simple query, or a Bind of what was parsed. */
export type Statement = {
  readonly text: string;
  /** The Bind's values in text form; none for a simple query. */
  readonly values: readonly (string | null)[];
  /** The client's application_name, which is its process's name in the fleet, and a number for each connection. */
  readonly application: string;
  readonly connection: number;
};
