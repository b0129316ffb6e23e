import { describe, expect, test } from 'vitest';
import type { CommandId, Tenant } from '../domain/ids.ts';
import type { Command } from '../sql/commands.ts';
import type { KafkaDelivery } from '../sql/kafka-deliveries.ts';
import type { PlacedEvent } from '../sql/list-events.ts';
import { type TimelineFacts, timelineOf } from './timeline.ts';
import type { TimelineStep } from './views/timeline.ts';

const webUi = { TEMPORAL_UI_URL: 'http://ui.test/', TEMPORAL_NAMESPACE: 'default' };
const at = (second: number) => `2026-08-01T12:00:0${second}.000Z`;

function command(id: string, second: number, more: Partial<Command> = {}): Command {
  return {
    tenant: 'main' as Tenant,
    commandId: id as CommandId,
    type: 'transfer',
    principal: 'local',
    route: 'POST /api/transfers',
    idempotencyKey: null,
    payloadHash: '',
    payload: {},
    resourceKind: 'transfer',
    resourceId: 't',
    workflowId: 'main/transfer/t',
    createdAt: at(second),
    status: 'accepted',
    refusal: null,
    finishedAt: null,
    ...more,
  };
}

function event(streamId: string, version: number, second: number, commandId = 'c1'): PlacedEvent {
  return {
    tenant: 'main',
    streamId,
    version,
    type: 'TransferDebited',
    schemaVersion: 1,
    data: {},
    metadata: { commandId, correlationId: 't', causationId: commandId, actor: 'local' },
    occurredAt: at(second),
    hash: 'ab',
    position: BigInt(version),
  };
}

function delivery({ tenant, streamId, version }: PlacedEvent): KafkaDelivery {
  const place = { topic: 'events', partition: 2, offset: '42', sentAt: at(8), projectedAt: at(9) };
  return { tenant, streamId, version, ...place };
}

const nothing = {
  laterCommands: [],
  events: [],
  deliveries: [],
  projected: new Map<string, number>(),
  startedAt: new Map([['main/transfer/t', at(7)]]),
  truncated: false,
};
const debit = event('account-a', 3, 2);
const credit = event('account-b', 7, 3);
const done = { status: 'completed', finishedAt: at(3) } as const;

/** Steps as short words: kind, and what it is about. */
function tell(facts: TimelineFacts): string[] {
  return timelineOf(facts, webUi).map((step) => `${step.kind} ${subject(step)}`);
}
function subject(step: TimelineStep): string {
  if ('streamId' in step) return `${step.streamId}@${step.version}`;
  return 'commandId' in step ? step.commandId : step.workflowId;
}

describe('a timeline', () => {
  test("of a batch's item leaves out the end of the batch, which is no step of the item", () => {
    const batch = command('c1', 1, {
      type: 'transferBatch',
      resourceKind: 'batch',
      resourceId: 'b',
      workflowId: 'main/batch/b',
      ...done,
    });
    expect(tell({ ...nothing, command: batch, events: [debit, credit] })).toEqual([
      'command_accepted c1',
      'workflow_started main/batch/b',
      'event_appended account-a@3',
      'event_appended account-b@7',
    ]);
  });

  test('of a transfer that was only recorded is its command', () => {
    expect(timelineOf({ ...nothing, command: command('c1', 1) }, webUi)).toEqual([
      { kind: 'command_accepted', commandId: 'c1', type: 'transfer', principal: 'local', at: at(1) },
    ]);
  });

  test('has causes before effects, whatever the clocks of the machines say', () => {
    const early = { ...debit, occurredAt: at(0) };
    const facts = {
      ...nothing,
      command: command('c1', 5, done),
      events: [early, credit],
      deliveries: [delivery(early), delivery(credit)],
      projected: new Map([
        ['account-a', 3],
        ['account-b', 9],
      ]),
    };
    expect(tell(facts)).toEqual([
      'command_accepted c1',
      'workflow_started main/transfer/t',
      'event_appended account-a@3',
      'event_delivered account-a@3',
      'event_projected account-a@3',
      'event_appended account-b@7',
      'command_finished c1',
      'event_delivered account-b@7',
      'event_projected account-b@7',
    ]);
    expect(timelineOf(facts, webUi)).toContainEqual({
      kind: 'workflow_started',
      workflowId: 'main/transfer/t',
      url: 'http://ui.test/namespaces/default/workflows/main%2Ftransfer%2Ft',
      at: at(7),
    });
    expect(timelineOf(facts, webUi)).toContainEqual({
      kind: 'event_delivered',
      streamId: 'account-b',
      version: 7,
      topic: 'events',
      partition: 2,
      offset: 42,
      at: at(8),
    });
  });

  test('leaves out what has not happened: no position, no delivery, no projection, no end', () => {
    const events = [{ ...debit, position: null }];
    const steps = timelineOf({ ...nothing, command: command('c1', 1), events }, webUi);
    expect(steps.map(({ kind }) => kind)).toEqual(['command_accepted', 'workflow_started', 'event_appended']);
    expect(steps[2]).toMatchObject({ position: null });
  });

  test('tells by null that an event was read from the store, and a delivery that was parked without a projection', () => {
    const healed = new Map([['account-a', 3]]);
    const facts = { ...nothing, command: command('c1', 1), events: [debit, credit], projected: healed };
    const steps = timelineOf({ ...facts, deliveries: [delivery(credit)] }, webUi);
    const nulls = { topic: null, partition: null, offset: null, at: null };
    expect(steps).toContainEqual({ kind: 'event_delivered', streamId: 'account-a', version: 3, ...nulls });
    expect(steps).toContainEqual({ kind: 'event_projected', streamId: 'account-a', version: 3, at: null });
    expect(steps.filter((step) => 'streamId' in step && step.streamId === 'account-b')).toHaveLength(2);
  });

  test("puts people's commands before what they led to, or by the clock where it is nothing", () => {
    const settled = event('transfer-t', 2, 6, 'c3');
    const facts = {
      ...nothing,
      command: command('c1', 1, { status: 'refused', finishedAt: at(3) }),
      laterCommands: [
        command('c2', 4, {
          type: 'transfer',
          status: 'refused',
          finishedAt: at(4),
          refusal: { code: 'account-closed', detail: 'why' },
        }),
        command('c3', 9, { status: 'completed', finishedAt: at(6), workflowId: 'main/settle/t' }),
        command('c4', 9),
      ],
      events: [debit, event('transfer-t', 1, 3), settled],
    };
    expect(tell(facts)).toEqual([
      'command_accepted c1',
      'workflow_started main/transfer/t',
      'event_appended account-a@3',
      'event_appended transfer-t@1',
      'command_finished c1',
      'command_accepted c2',
      'command_finished c2',
      'command_accepted c3',
      'workflow_started main/settle/t',
      'event_appended transfer-t@2',
      'command_finished c3',
      'command_accepted c4',
    ]);
  });
});
