import { isDeepStrictEqual } from 'node:util';
import { checkIntegrity } from '../../../sql/integrity/check-integrity.ts';
import { readPartitionPositions } from '../../../sql/partition-positions.ts';
import { saveWatermark, walkWatermark } from '../../../sql/watermark.ts';
import type { Answer } from './clients.ts';
import { type CommandRow, type Facts, type ReadFacts, readFacts, readReadFacts } from './facts.ts';
import { type House, type Run, TENANT } from './house.ts';
import { createModel, type Model, type Moves } from './model.ts';
import type { Parts } from './parts.ts';
import { checkReasons } from './reasons.ts';
import type { Operation } from './workload.ts';

type Checked = { readonly broken: readonly string[]; readonly ends: ReadonlyMap<string, number> };

/** Judges what a run left, by arithmetic of its own and by the shipped check. */
export async function checkRun(options: {
  parts: Parts;
  run: Run;
  house: House;
  operations: readonly Operation[];
  answers: readonly Answer[];
}): Promise<Checked> {
  const { parts, run, house, operations, answers } = options;
  const facts = await readFacts(parts);
  const read = await readReadFacts(parts);
  const model = createModel(facts);
  const ends = new Map<string, number>();
  const broken = [
    ...model.broken,
    ...checkMoney(model),
    ...checkTransfers(facts, model, operations, ends),
    ...checkCash(facts, operations, ends),
    ...checkReasons(facts, run.faults.counts),
    ...checkAnswers(facts, answers),
    ...checkRead(model, read),
    ...checkLeftovers(facts, read, house.broker.garbage()),
    ...(await checkShipped(parts, house)),
  ];
  return { broken, ends };
}

/** I1: the money on the accounts and on its way is what was brought. */
function checkMoney({ balances, transitMinor, suspenseMinor, broughtMinor }: Model): string[] {
  const held = [...balances.values()].reduce((sum, minor) => sum + minor, 0n);
  const broken: string[] = [];
  if (held + transitMinor + suspenseMinor !== broughtMinor) {
    broken.push(
      `I1: ${held} + ${transitMinor} in transit + ${suspenseMinor} in suspense is not ${broughtMinor}`,
    );
  }
  if (transitMinor !== 0n) broken.push(`I10: ${transitMinor} are still in transit`);
  return broken;
}

/** I9 and I10: each transfer moved what was asked for, once, or nothing, or came back once. */
function checkTransfers(
  { commands }: Facts,
  { transfers }: Model,
  operations: readonly Operation[],
  ends: Map<string, number>,
): string[] {
  const broken: string[] = [];
  const asked = askedTransfers(operations);
  const known = new Set<string>();
  const batches = new Set(
    commands.filter(({ type }) => type === 'transferBatch').map(({ resourceId }) => resourceId),
  );
  for (const { transferId, amounts, batchId, canEndBy } of asked) {
    const claims = commands.filter(
      ({ type, resourceId }) => type === 'transfer' && resourceId === transferId,
    );
    if (claims.length > 1) broken.push(`I8: ${claims.length} commands have the id ${transferId}`);
    const [command] = claims;
    if (command === undefined && !(batchId !== null && batches.has(batchId))) continue;
    known.add(transferId);
    const wanted = command?.amountMinor ?? [...amounts].join();
    if (!amounts.has(wanted)) broken.push(`I9: transfer ${transferId} is recorded with ${wanted}`);
    const moves = transfers.get(transferId);
    const end = endOf(moves);
    count(ends, `transfer ${end}`);
    if (end === 'impossible') broken.push(`I10: transfer ${transferId} was ${tell(moves)}`);
    if (moves !== undefined && (moves.amounts.size !== 1 || !moves.amounts.has(wanted))) {
      broken.push(`I9: transfer ${transferId} of ${wanted} moved ${[...moves.amounts].join()}`);
    }
    if (command !== undefined && (command.status === 'completed') !== (end === 'completed')) {
      broken.push(`I9: transfer ${transferId} is told to be ${command.status}, and was ${tell(moves)}`);
    }
    if (end === 'completed' && !canEndBy)
      broken.push(`I9: transfer ${transferId} completed, and its target takes no money`);
  }
  for (const id of transfers.keys())
    if (!known.has(id)) broken.push(`I9: transfer ${id} was asked for by nobody`);
  return broken;
}

/** Whom no transfer may ever reach. */
const NEVER = new Set(['closed', 'nobody', 'frozen']);

type Asked = {
  readonly transferId: string;
  /** More than one where clients chose the same id. */
  readonly amounts: Set<string>;
  readonly batchId: string | null;
  readonly canEndBy: boolean;
};

function askedTransfers(operations: readonly Operation[]): Asked[] {
  const asked = new Map<string, Asked>();
  for (const { transferId, amountMinor, to, batchId } of operations.flatMap(transfersOf)) {
    const id = String(transferId);
    const known = asked.get(id) ?? { transferId: id, amounts: new Set(), batchId, canEndBy: !NEVER.has(to) };
    known.amounts.add(String(amountMinor));
    asked.set(id, known);
  }
  return [...asked.values()];
}

function transfersOf({ request }: Operation) {
  if (request.type === 'transfer') return [{ ...request, batchId: null }];
  if (request.type !== 'transferBatch') return [];
  return request.transfers.map((item) => ({ ...item, batchId: request.batchId }));
}

function endOf(moves: Moves | undefined): string {
  if (moves === undefined) return 'rejected';
  const { debited, credited, refunded, parked, settled } = moves;
  switch ([debited, credited, refunded, parked, settled].join('')) {
    case '11000':
      return 'completed';
    case '10100':
      return 'refunded';
    case '10010':
      return 'parked';
    case '10011':
      return 'settled';
    default:
      return 'impossible';
  }
}

function tell(moves: Moves | undefined): string {
  if (moves === undefined) return 'not begun';
  const { amounts: _, ...times } = moves;
  return Object.entries(times)
    .map(([what, often]) => `${what} ${often} times`)
    .join(', ');
}

const EVENT_OF = {
  deposit: 'MoneyDeposited',
  withdraw: 'MoneyWithdrawn',
  close: 'AccountClosed',
  freeze: 'AccountFrozen',
  unfreeze: 'AccountUnfrozen',
} as const;

const MAY_CHANGE_NOTHING = new Set(['freeze', 'unfreeze']);

/** I9: every other command had its one effect where it was accepted, and none where it was refused. */
function checkCash(
  { commands, events }: Facts,
  operations: readonly Operation[],
  ends: Map<string, number>,
): string[] {
  const broken: string[] = [];
  const ids = new Set(operations.flatMap(({ key }) => key ?? []));
  for (const command of commands) {
    const wanted = EVENT_OF[command.type as keyof typeof EVENT_OF];
    if (wanted === undefined) {
      if (command.type !== 'transfer') count(ends, `${command.type} ${command.status}`);
      continue;
    }
    if (command.key?.startsWith('setup-') !== true) count(ends, `${command.type} ${command.status}`);
    const found = events.filter(({ type, commandId }) => type === wanted && commandId === command.id).length;
    // To freeze a frozen account, or let an open one go, changes nothing.
    const least = command.status === 'completed' && !MAY_CHANGE_NOTHING.has(command.type) ? 1 : 0;
    if (found < least || found > (command.status === 'completed' ? 1 : 0)) {
      broken.push(`I9: ${command.type} ${command.id} is ${command.status} and happened ${found} times`);
    }
  }
  const byKey = new Map<string, CommandRow>();
  for (const command of commands) {
    if (command.key === null || !ids.has(command.key)) continue;
    const other = byKey.get(`${command.type} ${command.key}`);
    if (other !== undefined)
      broken.push(`I8: ${command.key} made two commands, ${other.id} and ${command.id}`);
    byKey.set(`${command.type} ${command.key}`, command);
  }
  return broken;
}

/** I8: whoever was answered under one key heard of one command, and that one is there, with the end that was told. */
function checkAnswers({ commands }: Facts, answers: readonly Answer[]): string[] {
  const broken: string[] = [];
  const heard = new Map<number, string>();
  for (const { operation, dispatched } of answers) {
    if (dispatched === 'unknown') continue;
    if (
      dispatched.kind === 'taken' &&
      commands.some(({ resourceId }) => resourceId === dispatched.claim.resourceId)
    ) {
      continue;
    }
    if (dispatched.kind !== 'recorded') {
      broken.push(`I8: operation ${operation.id} heard ${dispatched.kind}`);
      continue;
    }
    const { commandId, status } = dispatched.command;
    const earlier = heard.get(operation.id);
    if (earlier !== undefined && earlier !== commandId) {
      broken.push(`I8: operation ${operation.id} heard of ${earlier} and of ${commandId}`);
    }
    heard.set(operation.id, commandId);
    const now = commands.find(({ id }) => id === commandId);
    if (now === undefined) broken.push(`I8: command ${commandId} was answered, and is not there`);
    else if (status !== 'accepted' && status !== now.status) {
      broken.push(`I8: command ${commandId} was told to be ${status}, and is ${now.status}`);
    }
  }
  return broken;
}

/** I4 and I5: the read tables say what the arithmetic says, each movement once. */
function checkRead(model: Model, read: ReadFacts): string[] {
  const broken: string[] = [];
  for (const [account, minor] of model.balances) {
    const row = read.balances.get(account);
    if (row?.minor !== minor) broken.push(`I5: balances has ${row?.minor} for ${account}, not ${minor}`);
    const movements = model.movements.get(account) ?? [];
    const told = read.movements.get(account) ?? [];
    if (!isDeepStrictEqual(told, movements)) {
      broken.push(`I4: ${account} has the movements ${told.join('; ')}, not ${movements.join('; ')}`);
    }
    for (const [name, sums] of [
      ['totals', read.totals],
      ['entries', read.entries],
    ] as const) {
      if ((sums.get(account) ?? 0n) !== minor)
        broken.push(`I5: journal ${name} of ${account} come to ${sums.get(account)}, not ${minor}`);
    }
  }
  const system = {
    transit: model.transitMinor,
    suspense: model.suspenseMinor,
    external: -model.broughtMinor,
  };
  for (const [account, minor] of Object.entries(system)) {
    for (const [name, sums] of [
      ['totals', read.totals],
      ['entries', read.entries],
    ] as const) {
      if ((sums.get(account) ?? 0n) !== minor)
        broken.push(`I5: journal ${name} of ${account} come to ${sums.get(account)}, not ${minor}`);
    }
  }
  const STATUS: Record<string, string> = {
    completed: 'completed',
    refunded: 'refunded',
    parked: 'needs_attention',
    settled: 'refunded',
  };
  for (const [id, moves] of model.transfers) {
    const wanted = STATUS[endOf(moves)];
    if (wanted !== undefined && read.transfers.get(id) !== wanted) {
      broken.push(`I5: transfer ${id} reads ${read.transfers.get(id)}, not ${wanted}`);
    }
  }
  return broken;
}

/** I7: nothing is left in the outbox, and only what was planted among the dead letters. */
function checkLeftovers({ outbox }: Facts, { letters }: ReadFacts, garbage: number): string[] {
  const broken: string[] = [];
  if (outbox !== 0) broken.push(`I7: ${outbox} rows are left in the outbox`);
  if (letters.length !== garbage) {
    broken.push(`I7: ${letters.length} dead letters, and ${garbage} were planted: ${letters.join('; ')}`);
  }
  return broken;
}

/** The shipped check, at the watermark that the shipped code comes to. */
async function checkShipped(parts: Parts, { store, read }: House): Promise<string[]> {
  const applied = await readPartitionPositions(parts.read.session as never);
  const reached = await walkWatermark(parts.store.session as never, 0n, 100_000, applied);
  await saveWatermark(parts.read.session as never, reached, 0);
  const { rows } = await parts.store.session.query<{ position: bigint }>('select position from log_head');
  const broken =
    rows[0]?.position === reached
      ? []
      : [`I5: the watermark is ${reached}, the log ends at ${rows[0]?.position}`];
  const { checks } = await checkIntegrity(read.pool, store.pool, TENANT);
  for (const check of checks) if (!check.ok) broken.push(`integrity: ${JSON.stringify(check, bigints)}`);
  return broken;
}

function bigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function count(ends: Map<string, number>, name: string): void {
  ends.set(name, (ends.get(name) ?? 0) + 1);
}
