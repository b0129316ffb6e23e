import { Client, Connection } from '@temporalio/client';
import { v7 as uuidv7 } from 'uuid';
import type { moneyTransfer } from '../sample/workflows.ts';
import type { Once } from './closed-loop.ts';
import type { SampleJob } from './job.ts';

const RUN_TIMEOUT_MS = 60_000;

/** The sample's workflow, started and awaited as its own client does it. */
export async function samplesOn({ address, taskQueue }: SampleJob): Promise<Once> {
  const client = new Client({ connection: await Connection.connect({ address }) });
  return async () => {
    const begun = performance.now();
    try {
      await client.workflow.execute<typeof moneyTransfer>('moneyTransfer', {
        workflowId: `money-transfer-${uuidv7()}`,
        taskQueue,
        workflowExecutionTimeout: RUN_TIMEOUT_MS,
        args: [{ sourceAccount: 'a', targetAccount: 'b', amountMinor: 1, referenceId: 'bench' }],
      });
      return { ms: performance.now() - begun };
    } catch (error) {
      return { failed: error instanceof Error ? error.name : String(error) };
    }
  };
}
