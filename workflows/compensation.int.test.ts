import { expect, test } from 'vitest';
import type { Activities } from '../activities/index.ts';
import { type AccountId, accountStream, type TransferId, transferStream } from '../domain/ids.ts';
import { readHead } from '../sql/lock-heads.ts';
import { createLab, type Lab, type LabOptions, openAccount, transfer } from '../test/lab.ts';
import { usePathParts } from '../test/path-parts.ts';

const parts = usePathParts();
const outage = () => new Error('connect ECONNREFUSED');

/** Accounts `a` with 10.00 and `b` with nothing, and a fault around the steps. */
async function open(wrap: LabOptions['wrap'], env: Record<string, string> = {}): Promise<Lab> {
  const lab = await createLab({ ...parts(), env, wrap: wrap! });
  await lab.run(openAccount('a', 1000n));
  await lab.run(openAccount('b', 0n));
  return lab;
}

async function standing({ pool, tenant }: Lab, transferId: string) {
  const transfer = await readHead(pool, tenant, transferStream(transferId as TransferId));
  const source = await readHead(pool, tenant, accountStream('a' as AccountId));
  if (source === undefined || !('balanceMinor' in source.state)) throw new Error('there is no account a');
  return [transfer?.state.status, source.state.balanceMinor];
}

/** The workflow learns of its cancellation while the credit is under way, which then comes to nothing. */
const cancelDuringCredit = (cancel: () => Promise<unknown>) => () => ({
  async credit(): Promise<never> {
    await cancel();
    throw outage();
  },
});

test('a transfer whose workflow is cancelled after its debit is given back all the same', async () => {
  let lab: Lab | undefined;
  const handle = () => lab!.client.workflow.getHandle(`${lab!.tenant}/transfer/pay`);
  lab = await open(cancelDuringCredit(() => handle().cancel()));
  const command = await lab.run(transfer('pay', 'a', 'b', 400n));
  expect([command.status, command.refusal?.detail]).toEqual([
    'refused',
    'The workflow was cancelled before the transfer was decided.',
  ]);
  expect(await handle().result()).toEqual([{ transferId: 'pay', status: 'refunded' }]);
  expect(await standing(lab, 'pay')).toEqual(['refunded', 1000n]);
  await lab.close();
});

test('a batch whose debit was done and never answered is compensated as a whole', async () => {
  const lose = (real: Activities): Partial<Activities> => ({
    async debitRange(range) {
      await real.debitRange(range);
      throw outage();
    },
  });
  const lab = await open(lose, { SAGA_DEADLINE_MS: '2500' });
  const transfers = [transfer('t1', 'a', 'b', 100n), transfer('t2', 'a', 'b', 100n)];
  const command = await lab.run({ type: 'transferBatch', batchId: 'batch', transfers });
  expect(command.status).toBe('completed');
  expect([await standing(lab, 't1'), await standing(lab, 't2')]).toEqual([
    ['refunded', 1000n],
    ['refunded', 1000n],
  ]);
  await lab.close();
});
