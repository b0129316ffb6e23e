import type { Scenario } from '../scenario.ts';
import { apiKilled } from './f1-api-killed.ts';
import { workerKilledAfterDebit } from './f2-worker-killed-after-debit.ts';
import { workerKilledAfterCredit } from './f3-worker-killed-after-credit.ts';
import { zombieBeforeBegin } from './f4a-zombie-before-begin.ts';
import { zombieBeforeCommit } from './f4b-zombie-before-commit.ts';
import { postgresKilled } from './f5-postgres-killed.ts';
import { backendsTerminated } from './f6-backends-terminated.ts';
import { commitReplyLost } from './f7-commit-reply-lost.ts';
import { postgresSlow } from './f8-postgres-slow.ts';
import { kafkaKilled } from './f9-kafka-killed.ts';
import { kafkaUnreachable } from './f10-kafka-unreachable.ts';
import { relayKilled } from './f11-relay-killed.ts';
import { twoRelays } from './f12-two-relays.ts';
import { rebalances } from './f13-rebalances.ts';
import { poison } from './f14-poison.ts';
import { offsetsLost } from './f15-offsets-lost.ts';
import { temporalKilled } from './f16-temporal-killed.ts';
import { temporalWiped } from './f17-temporal-wiped.ts';
import { diskFull } from './f18-disk-full.ts';
import { clocksApart } from './f19-clocks-apart.ts';
import { rollingChange } from './f20-rolling-change.ts';

/** All scenarios, in the order of the faults' numbers. */
export const SCENARIOS: readonly Scenario[] = [
  apiKilled,
  workerKilledAfterDebit,
  workerKilledAfterCredit,
  zombieBeforeBegin,
  zombieBeforeCommit,
  postgresKilled,
  backendsTerminated,
  commitReplyLost,
  postgresSlow,
  kafkaKilled,
  kafkaUnreachable,
  relayKilled,
  twoRelays,
  rebalances,
  poison,
  offsetsLost,
  temporalKilled,
  temporalWiped,
  diskFull,
  clocksApart,
  rollingChange,
];
