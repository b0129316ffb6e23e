import type { Tenant, TransferId } from '../domain/ids.ts';
import { type Command, listCommandsAbout } from '../sql/commands.ts';
import { listKafkaDeliveries, readProjectedVersions } from '../sql/kafka-deliveries.ts';
import { listTransferEvents } from '../sql/list-transfer-events.ts';
import { readTransfer } from '../sql/read-transfer.ts';
import { inTransaction } from '../sql/transaction.ts';
import type { Deps } from './context.ts';
import { Problem } from './problem.ts';
import type { TimelineFacts } from './timeline.ts';

/** Far more than a transfer has, but for one whose reversals or refused commands somebody repeats. */
const MAX_COMMANDS = 200;
const MAX_EVENTS = 500;
/** Temporal is asked about so many at once; when those of further commands started is not told. */
const MAX_WORKFLOWS = 20;

/**
 * What is known of a transfer everywhere: the write side in one snapshot, then what the read side has of it.
 * @throws Problem 404 where nobody asked for the transfer
 */
export async function loadTimeline(
  deps: Deps,
  tenant: Tenant,
  transferId: TransferId,
): Promise<TimelineFacts> {
  const written = await readWriteSide(deps, tenant, transferId);
  const starts = readStarts(deps, [written.command, ...written.laterCommands]);
  const streams = [...new Set(written.events.map((event) => event.streamId))];
  return {
    ...written,
    // First how far, then whence: an event that is projected is never told without its delivery, if it had one.
    projected: await readProjectedVersions(deps.readPool, tenant, streams),
    deliveries: await listKafkaDeliveries(deps.readPool, tenant, written.events),
    startedAt: await starts,
  };
}

async function readStarts(
  { dispatcher }: Deps,
  commands: readonly Command[],
): Promise<Map<string, string | null>> {
  const workflowIds = new Set(commands.flatMap(({ workflowId }) => workflowId ?? []));
  const asked = [...workflowIds].slice(0, MAX_WORKFLOWS);
  return new Map(await Promise.all(asked.map(async (id) => [id, await dispatcher.startedAt(id)] as const)));
}

function readWriteSide(deps: Deps, tenant: Tenant, transferId: TransferId) {
  return inTransaction(
    deps.pool,
    async (snapshot) => {
      const record = await readTransfer(snapshot, tenant, transferId);
      if (record === undefined) throw new Problem('not-found', `There is no transfer ${transferId}.`);
      const about = { kind: 'transfer' as const, resourceId: transferId };
      const commands = await listCommandsAbout(snapshot, tenant, about, MAX_COMMANDS + 1);
      const events = await listTransferEvents(snapshot, tenant, record.transfer, MAX_EVENTS + 1);
      return {
        command: record.command,
        laterCommands: commands
          .slice(0, MAX_COMMANDS)
          .filter(({ commandId }) => commandId !== record.command.commandId),
        events: events.slice(0, MAX_EVENTS),
        truncated: commands.length > MAX_COMMANDS || events.length > MAX_EVENTS,
      };
    },
    'begin isolation level repeatable read read only',
  );
}
