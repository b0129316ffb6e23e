import type { Parts } from './parts.ts';

export type EventRow = {
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly commandId: string;
  /** When it was decided (ISO 8601). */
  readonly at: string;
};
export type CommandRow = {
  readonly id: string;
  readonly type: string;
  readonly key: string | null;
  readonly resourceId: string;
  /** Of a single account's command. */
  readonly accountId: string | null;
  /** Of a single transfer, or cash. */
  readonly amountMinor: string | null;
  readonly status: 'accepted' | 'completed' | 'refused';
  readonly refusal: string | null;
  readonly finishedAt: string | null;
};

/** What a run left in the event store, read without any of the shipped code. */
export type Facts = {
  readonly events: readonly EventRow[];
  readonly commands: readonly CommandRow[];
  readonly heads: ReadonlyMap<string, number>;
  readonly outbox: number;
};

export async function readFacts({ store }: Parts): Promise<Facts> {
  const { session } = store;
  const events = await session.query<EventRow>(
    `select stream_id as stream, version, type, data, metadata ->> 'commandId' as "commandId",
       occurred_at as at from events order by stream_id, version`,
  );
  const commands = await session.query<CommandRow>(
    `select command_id as id, type, idempotency_key as key, resource_id as "resourceId", status,
       refusal ->> 'code' as refusal, payload ->> 'amountMinor' as "amountMinor",
       payload ->> 'accountId' as "accountId", finished_at as "finishedAt" from commands order by command_id`,
  );
  const heads = await session.query<{ stream: string; version: number }>(
    `select stream_id as stream, version from heads`,
  );
  const outbox = await session.query<{ rows: number }>(`select count(*)::int as rows from outbox`);
  return {
    events: events.rows,
    commands: commands.rows,
    heads: new Map(heads.rows.map(({ stream, version }) => [stream, version])),
    outbox: outbox.rows[0]?.rows ?? 0,
  };
}

/** What a run left in the live read tables. */
export type ReadFacts = {
  readonly balances: ReadonlyMap<string, { readonly minor: bigint; readonly version: number }>;
  /** Movements by account: `<version> <amount> <closing balance>`. */
  readonly movements: ReadonlyMap<string, readonly string[]>;
  readonly transfers: ReadonlyMap<string, string>;
  /** Net of the journal's running totals by account. */
  readonly totals: ReadonlyMap<string, bigint>;
  /** The same from its entries. */
  readonly entries: ReadonlyMap<string, bigint>;
  readonly letters: readonly string[];
};

export async function readReadFacts({ read }: Parts): Promise<ReadFacts> {
  const { session } = read;
  const live = (name: string) =>
    `generation = (select live_generation from projections where name = '${name}')`;
  const balances = await session.query<{ id: string; minor: bigint; version: number }>(
    `select account_id as id, balance_minor as minor, version from balances where ${live('balances')}`,
  );
  const movements = await session.query<{ id: string; version: number; minor: bigint; closing: bigint }>(
    `select account_id as id, version, amount_minor as minor, closing_balance_minor as closing
     from transactions where ${live('transactions')} order by account_id, version`,
  );
  const transfers = await session.query<{ id: string; status: string }>(
    `select transfer_id as id, status from transfers where ${live('transfers')}`,
  );
  const totals = await session.query<{ id: string; net: string }>(
    `select account as id, sum(credits_minor - debits_minor) as net
     from journal_totals where ${live('journal')} group by account`,
  );
  const entries = await session.query<{ id: string; net: string }>(
    `select account as id, sum(net) as net from (
       select credit_account as account, amount_minor as net from journal_entries where ${live('journal')}
       union all
       select debit_account, -amount_minor from journal_entries where ${live('journal')}) as sides
     group by account`,
  );
  const letters = await session.query<{ cause: string }>(`select cause from dead_letters order by cause`);
  const grouped = new Map<string, string[]>();
  for (const { id, version, minor, closing } of movements.rows) {
    grouped.set(id, [...(grouped.get(id) ?? []), `${version} ${minor} ${closing}`]);
  }
  return {
    balances: new Map(balances.rows.map(({ id, minor, version }) => [id, { minor, version }])),
    movements: grouped,
    transfers: new Map(transfers.rows.map(({ id, status }) => [id, status])),
    totals: new Map(totals.rows.map(({ id, net }) => [id, BigInt(net)])),
    entries: new Map(entries.rows.map(({ id, net }) => [id, BigInt(net)])),
    letters: letters.rows.map(({ cause }) => cause),
  };
}
