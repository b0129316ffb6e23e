import { closedLoop, type Once } from './closed-loop.ts';
import type { Job, LoadMessage } from './job.ts';
import { samplesOn } from './samples.ts';
import { transfersOver } from './transfers.ts';

// A process of its own: what it costs to make the load must not slow down who measures, and is told apart. It ends
// with the one who asked, who also ends it.
process.once('disconnect', () => process.exit());
process.once('message', async (job: Job) => {
  await closedLoop(job, await onceOf(job), (message: LoadMessage) => process.send!(message));
});

async function onceOf(job: Job): Promise<Once> {
  return job.kind === 'transfers' ? transfersOver(job, job.callers) : samplesOn(job);
}
