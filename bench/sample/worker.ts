import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { activities } from './activities.ts';

// Usage: worker.ts <address of Temporal> <task queue>. A worker as the sample has it, with no setting of its own.
const [address, taskQueue] = process.argv.slice(2);
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: address! }),
  taskQueue: taskQueue!,
  workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
  activities,
});
await worker.run();
