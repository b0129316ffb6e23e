import type { Command } from '../sql/commands.ts';
import type { KafkaDelivery } from '../sql/kafka-deliveries.ts';
import type { PlacedEvent } from '../sql/list-events.ts';
import { positionView } from './views/account.ts';
import type { TimelineStep } from './views/timeline.ts';
import { type WebUi, workflowUrl } from './views/transfer.ts';

/** What a timeline is made of. */
export type TimelineFacts = {
  /** The command that asked for the transfer. */
  readonly command: Command;
  /** What people asked of it later, oldest first. */
  readonly laterCommands: readonly Command[];
  /** In the global order. */
  readonly events: readonly PlacedEvent[];
  readonly deliveries: readonly KafkaDelivery[];
  /** Up to which version each stream is in every read table. */
  readonly projected: ReadonlyMap<string, number>;
  /** When each workflow started, as far as Temporal tells. */
  readonly startedAt: ReadonlyMap<string, string | null>;
  /** True where there are more commands or events than these, the first. */
  readonly truncated: boolean;
};

/** A command with the place of its steps: before one event, and after one (-1: it ends where it begins). */
type Placed = { readonly command: Command; readonly before: number; readonly after: number };

/**
 * A transfer's steps, causes before effects: events in their global order, each with its delivery and projection
 * behind it; a command and its workflow before its first event, and its end right behind its last one, as they are
 * of one transaction. The clock only places a command that led to no event. What has not happened is absent.
 */
export function timelineOf(facts: TimelineFacts, webUi: WebUi): TimelineStep[] {
  const placed = [
    place(facts.command, facts.events, 0),
    ...facts.laterCommands.map((command) => place(command, facts.events)),
  ];
  const begins = (index: number) =>
    placed.filter(({ before }) => before === index).flatMap((one) => beginning(one, facts, webUi));
  const steps = facts.events.flatMap((event, index) => [
    ...begins(index),
    appended(event),
    ...placed.filter(({ after }) => after === index).flatMap(({ command }) => finished(command)),
    ...arrived(event, facts),
  ]);
  return [...steps, ...begins(facts.events.length)];
}

function place(command: Command, events: readonly PlacedEvent[], first?: number): Placed {
  const own = events.flatMap((event, index) => (event.metadata.commandId === command.commandId ? index : []));
  const before = first ?? own[0] ?? nextByClock(command, events);
  return { command, before, after: own.at(-1) ?? -1 };
}

function nextByClock({ createdAt }: Command, events: readonly PlacedEvent[]): number {
  const next = events.findIndex((event) => event.occurredAt > createdAt);
  return next === -1 ? events.length : next;
}

function beginning({ command, after }: Placed, facts: TimelineFacts, webUi: WebUi): TimelineStep[] {
  const { commandId, type, principal, createdAt: at } = command;
  const accepted: TimelineStep = { kind: 'command_accepted', commandId, type, principal, at };
  const ended = after === -1 ? finished(command) : [];
  return [accepted, ...workflow(command, after !== -1, facts, webUi), ...ended];
}

/** A workflow is known to have run where something came of it; the same one is told once. */
function workflow(
  command: Command,
  hasEvents: boolean,
  { command: first, startedAt }: TimelineFacts,
  webUi: WebUi,
): TimelineStep[] {
  const { workflowId, status } = command;
  if (workflowId === null || (!hasEvents && status === 'accepted')) return [];
  if (command !== first && workflowId === first.workflowId) return [];
  const at = startedAt.get(workflowId) ?? null;
  return [{ kind: 'workflow_started', workflowId, url: workflowUrl(workflowId, webUi), at }];
}

/** A batch's command ends with its last transfer, so its end is no step of this one. */
function finished({ commandId, status, refusal, finishedAt, resourceKind }: Command): TimelineStep[] {
  if (status === 'accepted' || finishedAt === null || resourceKind !== 'transfer') return [];
  return [{ kind: 'command_finished', commandId, status, refusal, at: finishedAt }];
}

function appended(event: PlacedEvent): TimelineStep {
  const { streamId, version, type, hash, occurredAt: at } = event;
  const position = positionView<bigint | null>(event.position);
  return { kind: 'event_appended', streamId, version, position, type, at, hash };
}

/** How an event reached the read tables: nulls where it did, and not through Kafka. */
function arrived(event: PlacedEvent, { deliveries, projected }: TimelineFacts): TimelineStep[] {
  const { streamId, version } = event;
  const source = deliveries.find((one) => one.streamId === streamId && one.version === version);
  const isProjected = (projected.get(streamId) ?? 0) >= version;
  const steps: TimelineStep[] = [];
  if (source !== undefined || isProjected) {
    steps.push({
      kind: 'event_delivered',
      streamId,
      version,
      topic: source?.topic ?? null,
      partition: source?.partition ?? null,
      offset: source === undefined ? null : positionView(BigInt(source.offset)),
      at: source?.sentAt ?? null,
    });
  }
  if (isProjected)
    steps.push({ kind: 'event_projected', streamId, version, at: source?.projectedAt ?? null });
  return steps;
}
