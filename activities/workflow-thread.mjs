// Loaded with `node --import` before Remit, and so in each of its threads too; it changes the one that runs workflows.
//
// The SDK starts and joins an operating system's thread around every call into a workflow, to interrupt one that never
// returns, and notes the stack of every promise, for the query `__stack_trace`. On a busy machine the two are a third of
// what a workflow costs in this process (docs/PERFORMANCE.md). Neither has an option. Without the first, workflow code with
// an endless loop hangs its worker: ours has none, and every recorded history is replayed before a release.
// `WORKFLOW_CALL_STACKS=true` leaves both as they are.
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const isOfWorkflows = !isMainThread && process.argv[1]?.endsWith('workflow-worker-thread.js');

if (isOfWorkflows && process.env.WORKFLOW_CALL_STACKS !== 'true') {
  const require = createRequire(import.meta.url);
  const { globalHandlers } = require('@temporalio/worker/lib/workflow/vm-shared');
  const { ReusableVMWorkflowCreator } = require('@temporalio/worker/lib/workflow/reusable-vm');
  const { create } = ReusableVMWorkflowCreator;
  ReusableVMWorkflowCreator.create = (bundle, _timeoutMs, ...rest) =>
    create.call(ReusableVMWorkflowCreator, bundle, undefined, ...rest);
  globalHandlers.setPromiseHook = () => undefined;
}
