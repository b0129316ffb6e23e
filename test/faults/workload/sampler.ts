import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { isOutage } from '../../../platform/postgres.ts';
import type { Sampler } from './load.ts';
import { createTally, type Tally } from './tally.ts';

const SAMPLE_EVERY_MS = 200;
/** A sample that takes longer than this is none: Postgres is away, or the fault holds it. */
const SAMPLE_TIMEOUT_MS = 2_000;

/** One instant of all the money that there is, by currency; amounts as text, for bigints of any size. */
type Sums = {
  currency: string;
  balances: string;
  transit: string;
  suspense: string;
  cash: string;
  below: string | null;
};

/**
 * One statement is one snapshot. Balances come from the heads, everything else from the events, so that a leg that was
 * written twice, or a head that does not follow its events, breaks the sum.
 */
const SUMS = `
  with moves as (
    select type, data, coalesce(data ->> 'transferId', stream_id || '/' || version) as subject
    from events
    where type in ('MoneyDeposited', 'MoneyWithdrawn', 'TransferDebited', 'HoldCaptured', 'TransferCredited',
      'TransferRefunded', 'RefundParked')
  ), subjects as (
    select subject, max(data ->> 'currency') as currency, max((data ->> 'amountMinor')::numeric) as amount,
      bool_or(type in ('TransferDebited', 'HoldCaptured')) as debited,
      bool_or(type in ('TransferCredited', 'TransferRefunded')) as ended,
      bool_or(type = 'RefundParked') as parked,
      coalesce(sum((data ->> 'amountMinor')::numeric) filter (where type = 'MoneyDeposited'), 0)
        - coalesce(sum((data ->> 'amountMinor')::numeric) filter (where type = 'MoneyWithdrawn'), 0) as cash
    from moves group by subject
  ), moving as (
    select currency,
      coalesce(sum(amount) filter (where debited and not ended and not parked), 0) as transit,
      coalesce(sum(amount) filter (where debited and not ended and parked), 0) as suspense,
      sum(cash) as cash
    from subjects group by currency
  ), standing as (
    select state ->> 'currency' as currency, sum((state ->> 'balanceMinor')::numeric) as balances,
      min(stream_id) filter (where (state ->> 'balanceMinor')::numeric - (state ->> 'heldMinor')::numeric
        + (state ->> 'overdraftLimitMinor')::numeric < 0) as below
    from heads where stream_id like 'account-%' group by 1
  )
  select s.currency, s.balances::text, coalesce(m.transit, 0)::text as transit,
    coalesce(m.suspense, 0)::text as suspense, coalesce(m.cash, 0)::text as cash, s.below
  from standing s left join moving m using (currency)`;

/** Sums up all money, and looks at every limit, at many instants; its own SQL, past every proxy. */
export function createSampler(db: pg.Pool): Sampler {
  const [money, limits] = [createTally('I1'), createTally('I2')];
  const stopping = new AbortController();
  let [taken, skipped] = [0, 0];
  let sampling = Promise.resolve();
  const run = async () => {
    while (!stopping.signal.aborted) {
      if (await trySample(db, money, limits)) taken += 1;
      else skipped += 1;
      await sleep(SAMPLE_EVERY_MS);
    }
  };
  return {
    begin: () => {
      sampling = run();
      // Whoever ends it is told what failed; until then nobody listens.
      sampling.catch(() => undefined);
    },
    async end() {
      stopping.abort();
      await sampling;
      return { verdicts: [money.verdict(), limits.verdict()], taken, skipped };
    },
  };
}

/** False where Postgres gave no answer, or has no money yet: that proves nothing, and is no violation. Throws where the statement is wrong. */
async function trySample(db: pg.Pool, money: Tally, limits: Tally): Promise<boolean> {
  try {
    const sums = await readSums(db);
    for (const row of sums) judgeSums(row, money, limits);
    return sums.length > 0;
  } catch (error) {
    if (error instanceof NoSample || isOutage(error)) return false;
    throw error;
  }
}

class NoSample extends Error {}

async function readSums(db: pg.Pool): Promise<Sums[]> {
  const timeout = sleep(SAMPLE_TIMEOUT_MS, undefined, { ref: false }).then(() => {
    throw new NoSample(`no sample within ${SAMPLE_TIMEOUT_MS} ms`);
  });
  return Promise.race([db.query<Sums>(SUMS).then(({ rows }) => rows), timeout]);
}

/** Looks at I1 and I2 now. Throws where Postgres is away. */
export async function sampleOnce(db: pg.Pool) {
  const [money, limits] = [createTally('I1'), createTally('I2')];
  for (const row of await readSums(db)) judgeSums(row, money, limits);
  return [money.verdict(), limits.verdict()] as const;
}

function judgeSums(row: Sums, money: Tally, limits: Tally): void {
  const sum = BigInt(row.balances) + BigInt(row.transit) + BigInt(row.suspense);
  money.expect(sum === BigInt(row.cash), () => {
    const parts = `balances ${row.balances} + transit ${row.transit} + suspense ${row.suspense}`;
    return `${row.currency}: ${parts} = ${sum}, deposits less withdrawals are ${row.cash}`;
  });
  limits.expect(row.below === null, () => `${row.below} is below its limit`);
}
