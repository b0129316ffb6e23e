import type { PlantedBug } from './planted-bug.ts';

/** At least as many must be caught by the simulator. */
export const LEAST_SIMULATED = 8;

/** Every mistake that is planted, each with its patch beside this file. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'naive-cursor',
    wrong: 'the log takes its positions from a serial, so that a late commit lands behind the readers',
    breaks: 'reliability.md, known traps: a cursor on a serial loses events',
    test: {
      project: 'int',
      file: 'projector/ordering.int.test.ts',
      name: 'appends that commit in reverse order of their ids are paged once each, without gaps',
    },
    simulated: true,
  },
  {
    name: 'additive-totals',
    wrong: 'a delivery that comes twice is applied and added twice',
    breaks: 'semantics.md: duplicate version: skipped; I4',
    test: {
      project: 'int',
      file: 'projector/apply.int.test.ts',
      name: 'a batch that is delivered twice, or with repeats inside, changes nothing the second time',
    },
    simulated: true,
  },
  {
    name: 'gap-not-healed',
    wrong: 'versions that are missing before an event are taken for applied',
    breaks: 'semantics.md: gap: that account is healed from the event store',
    test: {
      project: 'int',
      file: 'projector/apply.int.test.ts',
      name: 'a gap is healed from the event store, in every table',
    },
    simulated: true,
  },
  {
    name: 'poison-passed-over',
    wrong: 'a poison event gets its letter, and the events after it are applied all the same',
    breaks: 'semantics.md: that account’s later events are parked',
    test: {
      project: 'int',
      file: 'projector/apply.int.test.ts',
      name: 'an unknown event parks its account only, in each table, and a replay heals it',
    },
  },
  {
    name: 'row-below-what-was-read',
    wrong: 'an account’s first row shows less than reads from the write side have shown',
    breaks: 'semantics.md: reads never go backwards',
    test: {
      project: 'int',
      file: 'projector/apply.int.test.ts',
      name: 'a row is never created below what a reader saw at the head',
    },
  },
  {
    name: 'offsets-before-the-tables',
    wrong: 'Kafka’s offsets are committed before the tables are written',
    breaks: 'semantics.md: commits Kafka offsets after',
    test: {
      project: 'int',
      file: 'projector/acknowledgement.int.test.ts',
      name: 'offsets are not committed for what the tables do not have',
    },
    simulated: true,
  },
  {
    name: 'cursor-before-the-send',
    wrong: 'the relay saves its cursor before Kafka has acknowledged',
    breaks: 'semantics.md: saves its cursor after the ack',
    test: {
      project: 'int',
      file: 'projector/acknowledgement.int.test.ts',
      name: 'the relay’s cursor does not pass what Kafka did not acknowledge',
    },
    simulated: true,
  },
  {
    name: 'sequencer-without-the-lock',
    wrong: 'a sequencer does not lock the end of the log',
    breaks: 'semantics.md: position is gapless',
    test: {
      project: 'int',
      file: 'sql/last-guards.int.test.ts',
      name: 'two sequencers at once give each event one place, even if both believe that they lead',
    },
  },
  {
    name: 'anybody-leads',
    wrong: 'every process believes that it leads',
    breaks: 'semantics.md: one sequencer (leader by advisory lock)',
    test: {
      project: 'int',
      file: 'projector/leader.int.test.ts',
      name: 'of two that want to lead one does, and the other when it stops',
    },
  },
  {
    name: 'swap-without-catching-up',
    wrong: 'a rebuilt table goes live without the events of its last moments',
    breaks: 'semantics.md: every stream whose head is beyond the applied version is healed',
    test: {
      project: 'int',
      file: 'projector/rebuild.int.test.ts',
      name: 'what is committed while a rebuild waits for its swap is in the new generation',
    },
  },
  {
    name: 'compensation-after-the-step',
    wrong: 'a transfer is registered for compensation when its debit has answered',
    breaks: 'semantics.md: registered BEFORE its step runs',
    test: {
      project: 'int',
      file: 'test/saga.int.test.ts',
      name: 'transfer-compensated-after-an-unknown-debit',
    },
    simulated: true,
  },
  {
    name: 'range-open-after-the-step',
    wrong: 'a batch’s range is registered for compensation when its debits have answered',
    breaks: 'semantics.md: registered BEFORE its step runs',
    test: {
      project: 'int',
      file: 'workflows/compensation.int.test.ts',
      name: 'a batch whose debit was done and never answered is compensated as a whole',
    },
  },
  {
    name: 'compensation-can-be-cancelled',
    wrong: 'cancelling the workflow cancels its compensation',
    breaks: 'semantics.md: CancellationScope.nonCancellable',
    test: {
      project: 'int',
      file: 'workflows/compensation.int.test.ts',
      name: 'a transfer whose workflow is cancelled after its debit is given back all the same',
    },
  },
  {
    name: 'no-outcome-of-a-leg',
    wrong: 'a debit or credit leaves no outcome row',
    breaks: 'semantics.md: every append inserts its outcome',
    test: {
      project: 'int',
      file: 'activities/legs.int.test.ts',
      name: 'a debit, a credit and a refund',
    },
    simulated: true,
  },
  {
    name: 'no-fence-before-a-refund',
    wrong: 'a refund leaves no void where the credit is undecided',
    breaks: 'semantics.md, fencing',
    test: {
      project: 'int',
      file: 'activities/legs.int.test.ts',
      name: 'a credit that comes after the refund does nothing',
    },
    simulated: true,
  },
  {
    name: 'refund-done-again',
    wrong: 'a refund does not look whether it was done',
    breaks: 'semantics.md: acts once; I10',
    test: {
      project: 'int',
      file: 'activities/legs.int.test.ts',
      name: 'a debit, a credit and a refund',
    },
    simulated: true,
  },
  {
    name: 'refund-of-a-completed-transfer',
    wrong: 'a refund does not look whether the credit was done',
    breaks: 'semantics.md: done means that the transfer completed',
    test: {
      project: 'int',
      file: 'activities/legs.int.test.ts',
      name: 'a compensation that finds the credit done leaves the transfer completed',
    },
    simulated: true,
  },
  {
    name: 'lost-refund-of-a-closed-source',
    wrong: 'a refund that the source refuses is parked nowhere',
    breaks: 'semantics.md: RefundParked',
    test: {
      project: 'int',
      file: 'activities/legs.int.test.ts',
      name: 'that a closed source refuses is parked in suspense',
    },
  },
  {
    name: 'refund-without-its-fee',
    wrong: 'a refund gives back the amount and keeps the fee',
    breaks: 'semantics.md: money back',
    test: {
      project: 'unit',
      file: 'domain/account-decider.test.ts',
      name: 'gets its fee back with its amount',
    },
  },
  {
    name: 'refusal-is-an-error',
    wrong: 'a refused debit is thrown instead of recorded',
    breaks: 'semantics.md: a refusal is a value, recorded, never retried',
    test: {
      project: 'int',
      file: 'activities/legs.int.test.ts',
      name: 'a refusal is recorded and stays, also when it would be accepted now',
    },
  },
  {
    name: 'poison-fails-its-list',
    wrong: 'an item that cannot be processed fails all of its list',
    breaks: 'semantics.md: one poison item harms itself only',
    test: {
      project: 'int',
      file: 'activities/legs.int.test.ts',
      name: 'with one poison item harms that item only, in the debit and in the refund',
    },
  },
  {
    name: 'heads-locked-as-given',
    wrong: 'heads are locked in the order in which they were asked for',
    breaks: 'semantics.md: heads are locked in id order',
    test: {
      project: 'int',
      file: 'sql/lock-order.int.test.ts',
      name: 'two transactions that want the same heads the other way round never deadlock',
    },
  },
  {
    name: 'heads-not-locked',
    wrong: 'heads are read and not locked',
    breaks: 'semantics.md: heads are locked',
    test: {
      project: 'int',
      file: 'sql/lock-order.int.test.ts',
      name: 'a head that one transaction has locked is not to be had before its end',
    },
  },
  {
    name: 'clock-before-the-locks',
    wrong: 'the clock is read before the locks are held',
    breaks: 'sql/ledger.ts: what waited is decided by the time that it is then',
    test: {
      project: 'int',
      file: 'sql/lock-order.int.test.ts',
      name: 'what waited for a lock is decided by the time that it is then',
    },
  },
  {
    name: 'no-unique-version',
    wrong: 'events have no unique key over stream and version',
    breaks: 'semantics.md: UNIQUE (tenant, stream_id, version); I6',
    test: {
      project: 'int',
      file: 'sql/last-guards.int.test.ts',
      name: 'a version that a stream has already is refused, whatever its head says',
    },
  },
  {
    name: 'chain-without-the-link',
    wrong: 'an event’s hash leaves out the hash before it',
    breaks: 'semantics.md: each event carries the hash of its stream’s previous event',
    test: {
      project: 'unit',
      file: 'sql/upcasters.test.ts',
      name: 'keeps its place in the chain of hashes, and today’s events go on from it',
    },
  },
  {
    name: 'key-for-any-request',
    wrong: 'a key’s repeat is not compared with the first request',
    breaks: 'semantics.md: same key, other body: 422; I8',
    test: {
      project: 'int',
      file: 'api/api.int.test.ts',
      name: 'a repeat under the same key is the same to the byte, and says so',
    },
  },
  {
    name: 'key-of-everybody',
    wrong: 'a key is the same for every principal of a tenant',
    breaks: 'semantics.md: scoped to tenant, principal and route',
    test: {
      project: 'int',
      file: 'sql/commands.int.test.ts',
      name: 'a key is its principal’s own, on one route and in one tenant',
    },
  },
  {
    name: 'id-claimed-twice',
    wrong: 'a resource’s id may be claimed by two commands',
    breaks: 'semantics.md: already claimed by another command: 409',
    test: {
      project: 'int',
      file: 'api/api.int.test.ts',
      name: 'an id that is taken is 409, a missing account 404, a version above the head 409',
    },
    simulated: true,
  },
  {
    name: 'swept-only-once',
    wrong: 'the sweeper looks at a command once and never again',
    breaks: 'semantics.md: an accepted command is never lost; I3',
    test: {
      project: 'int',
      file: 'sql/commands.int.test.ts',
      name: 'a command without an end is taken again and again, each time later',
    },
    simulated: true,
  },
  {
    name: 'nudge-lost',
    wrong: 'the reconciler starts what is missing and signals nobody',
    breaks: 'semantics.md: a nudge that the sweeper repeats',
    test: {
      project: 'int',
      file: 'api/waiting-transfers.int.test.ts',
      name: 'waits for a person, 202 at once, and moves when approved',
    },
  },
  {
    name: 'min-version-ignored',
    wrong: 'a read with `minVersion` answers with what there is',
    breaks: 'semantics.md: reads take minVersion and wait',
    test: {
      project: 'int',
      file: 'api/read-your-writes.int.test.ts',
      name: 'a read that asks for a version waits for it, and is 503 where it does not come',
    },
  },
  {
    name: 'amount-as-a-float',
    wrong: 'an amount is read as a float',
    breaks: 'semantics.md: no floats anywhere',
    test: {
      project: 'unit',
      file: 'domain/money.test.ts',
      name: 'what is written is read back, in every currency',
    },
  },
  {
    name: 'exchange-rounds-up',
    wrong: 'an exchange rounds up',
    breaks: 'domain/exchange.ts: what comes out is never worth more than what went in',
    test: {
      project: 'unit',
      file: 'domain/exchange.test.ts',
      name: 'is worth at most what was paid, and less by less than one minor unit',
    },
  },
  {
    name: 'fee-left-in-transit',
    wrong: 'the journal leaves a completed transfer’s fee in transit',
    breaks: 'semantics.md: transit is 0 when nothing is in flight; I1',
    test: {
      project: 'unit',
      file: 'projector/projections.test.ts',
      name: "every money event has its entries 'TransferCredited'",
    },
  },
  {
    name: 'reversals-not-summed',
    wrong: 'a reversal is compared with the original alone, not with the reversals before it',
    breaks: 'semantics.md: the sum of reversals never exceeds the original',
    test: {
      project: 'unit',
      file: 'domain/legs.test.ts',
      name: 'adds up to the original and no further',
    },
  },
  {
    name: 'executes-at-once',
    wrong: 'a scheduled transfer is debited at once',
    breaks: 'semantics.md, states: scheduled',
    test: {
      project: 'unit',
      file: 'domain/legs.test.ts',
      name: 'waits for its time before the source is asked',
    },
  },
  {
    name: 'holds-not-counted',
    wrong: 'what is held counts as available',
    breaks: 'semantics.md: available = balance - held + overdraftLimit; I2',
    test: {
      project: 'unit',
      file: 'domain/account-decider.test.ts',
      name: 'counts in availability until it is captured or released',
    },
  },
  {
    name: 'time-not-signed',
    wrong: 'a webhook’s signature leaves out its time',
    breaks: 'platform/webhook-signature.ts: a request that was recorded cannot be sent again later',
    test: {
      project: 'unit',
      file: 'platform/webhook-signature.test.ts',
      name: 'another body, secret or time does not verify, nor does what is no signature',
    },
  },
];
