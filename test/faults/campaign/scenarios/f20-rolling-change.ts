import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Client } from '@temporalio/client';
import { type Answer, get, post } from '../../../http.ts';
import { waitFor } from '../../../processes.ts';
import { withTemporal } from '../../../with-temporal.ts';
import { workflowStory } from '../../../workflow-story.ts';
import type { LoadCounts } from '../../workload/load.ts';
import type { Scenario, Scene } from '../scenario.ts';
import { workflowsOf } from '../transfers.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const FRONTS = ['front', 'second'] as const;
const CHANGED = 'test/faults/changed-main.ts';
/** Transfers of more wait for a person: those of this scenario only, so that they are under way in the middle of it. */
const THRESHOLD = '10000.00';
const WAITING = [4, 8] as const;
const ROLLOUT_TIMEOUT_MS = 90_000;

/**
 * Two processes are replaced, one after the other, by ones whose workflows are changed. Clients ask the one that stays,
 * as behind a load balancer.
 */
export const rollingChange: Scenario = {
  id: 'F20',
  title: 'rolling SIGTERM with a workflow version change',
  hit: 'a transfer that the old build began and the changed one finished, on its old path',
  layout: { front: 'api,worker', second: 'api,worker', projector: 'projector' },
  env: { APPROVAL_THRESHOLDS: `EUR:${THRESHOLD}`, TEMPORAL_BUILD_ID: 'old' },
  groundPerSeed: true,
  settle: ({ env }) => makeCurrent(env, 'old'),
  async inflict(scene) {
    const { chance, env, load, beganAt } = scene;
    const ids = Array.from({ length: chance.between(...WAITING) }, (_, at) => `f20-${beganAt}-${at}`);
    const before = load.now();
    await beginWaiting(scene, ids);
    await rollOut(scene);
    scene.healed();
    await approve(scene, ids);
    const last = `f20-${beganAt}-new`;
    await succeed(pay(scene, last, '1.00'));
    requireUnharmed(before, load.now());
    return withTemporal(env.TEMPORAL_ADDRESS, async (client) => {
      await requireChanged(client, await workflowsOf(scene.db, [last]));
      return { hits: await countMoved(client, ids) };
    });
  },
};

/** The first new process shows that it runs before its build is made current; only then the other is replaced. */
async function rollOut(scene: Scene): Promise<void> {
  const [first, second] = FRONTS;
  await replace(scene, first, second);
  await makeCurrent(scene.env, 'changed');
  await replace(scene, second, first);
}

/** As an operator does it. */
async function makeCurrent(env: Scene['env'], buildId: string): Promise<void> {
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'cli/rollout.ts', buildId], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    timeout: ROLLOUT_TIMEOUT_MS,
  });
}

/** As a load balancer sees it: no new requests, SIGTERM, the new process, requests again. */
async function replace({ fleet, load }: Scene, name: string, other: string): Promise<void> {
  load.useAddresses([fleet.url(other)]);
  const code = await fleet.stop(name);
  if (code !== 0) throw new Error(`${name} ended with ${code} after SIGTERM`);
  await fleet.start(name, { env: { TEMPORAL_BUILD_ID: 'changed' }, entry: CHANGED });
  load.useAddresses([fleet.url(name), fleet.url(other)]);
}

const account = ({ beganAt }: Scene, side: 'from' | 'to') => `f20-${beganAt}-${side}`;

async function beginWaiting(scene: Scene, ids: readonly string[]): Promise<void> {
  const url = `${scene.fleet.url('front')}/api`;
  const open = (side: 'from' | 'to', more: object) =>
    succeed(post(`${url}/accounts`, { id: account(scene, side), currency: 'EUR', ...more }, PATIENTLY));
  await Promise.all([open('from', { initialDeposit: '1000000.00' }), open('to', {})]);
  await Promise.all(ids.map((id) => succeed(pay(scene, id, '10001.00'))));
  await Promise.all(ids.map((id) => untilStatus(scene, id, 'awaiting_approval')));
}

const PATIENTLY = { prefer: 'wait=30' };

function pay(scene: Scene, id: string, amount: string): Promise<Answer> {
  const body = { id, from: account(scene, 'from'), to: account(scene, 'to'), amount, currency: 'EUR' };
  return post(`${scene.fleet.url('front')}/api/transfers`, body, PATIENTLY);
}

async function approve(scene: Scene, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const url = `${scene.fleet.url('second')}/api/transfers/${id}/approve`;
    await succeed(post(url, { reason: 'The rollout is over' }, PATIENTLY));
  }
  await Promise.all(ids.map((id) => untilStatus(scene, id, 'completed')));
}

/** What begins now takes the changed path, alone or in a group. */
async function requireChanged(client: Client, workflowIds: readonly string[]): Promise<void> {
  const stories = await Promise.all(workflowIds.map((id) => workflowStory(client, id)));
  if (stories.length === 1 && stories[0]!.isMarked && stories[0]!.builds.join() === 'changed') return;
  throw new Error(`a new transfer ran in ${workflowIds}, which tell ${JSON.stringify(stories)}`);
}

async function countMoved(client: Client, ids: readonly string[]): Promise<number> {
  const stories = await Promise.all(ids.map((id) => workflowStory(client, `main/transfer/${id}`)));
  return stories.filter(({ builds, isMarked }) => builds.join() === 'old,changed' && !isMarked).length;
}

/** With a second API there no request may fail: every process said no more than it kept. */
function requireUnharmed(before: LoadCounts, after: LoadCounts): void {
  const failed = after.failed - before.failed;
  const unknown = after.unknown - before.unknown;
  if (failed + unknown > 0)
    throw new Error(`${failed} requests failed and ${unknown} broke off in a rollout`);
}

async function succeed(answering: Promise<Answer>): Promise<void> {
  const { status, text } = await answering;
  if (status >= 300) throw new Error(`${status}: ${text}`);
}

function untilStatus({ fleet }: Scene, id: string, status: string): Promise<unknown> {
  const look = async () => (await get(`${fleet.url('second')}/api/transfers/${id}`)).body.status === status;
  return waitFor(`transfer ${id} to be ${status}`, look);
}
