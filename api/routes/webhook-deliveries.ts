import { createRoute, z } from '@hono/zod-openapi';
import type { Command } from '../../sql/commands.ts';
import { noChanges } from '../../sql/draft.ts';
import { outcomeName, readOutcomes } from '../../sql/outcomes.ts';
import { listDeliveries, readDelivery, redeliver } from '../../sql/webhook-deliveries.ts';
import { readWebhook } from '../../sql/webhooks.ts';
import { writeDraft } from '../../sql/write-draft.ts';
import { COMMAND_PROBLEMS, cutPage, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { decodeCursor, encodeCursor } from '../border/cursor.ts';
import { idField, pageQuery } from '../border/fields.ts';
import { commandAnswerHeaders, commandHeaders } from '../commanding.ts';
import { createRouter, type Deps } from '../context.ts';
import { Problem } from '../problem.ts';
import { type Recording, recordDone } from '../recording.ts';
import { deliverySchema, deliveryView } from '../views/webhook.ts';
import { loadWebhook, noWebhook, webhookIdField } from './webhooks.ts';

const params = z.object({ id: webhookIdField });
const deliveryIdField = idField.openapi({ example: '7f4cbd44-6f0e-4b3c-9d6e-0a4f5d1c2b3a' });
const redeliverBody = z.strictObject({ deliveryId: deliveryIdField });

const list = createRoute({
  method: 'get',
  path: '/api/webhooks/{id}/deliveries',
  tags: ['webhooks'],
  summary: "A webhook's deliveries with their attempts, newest event first",
  request: { params, query: z.object(pageQuery) },
  responses: { 200: json('A page of deliveries', pageOf(deliverySchema)), ...problems(...READ_PROBLEMS) },
});

const again = createRoute({
  method: 'post',
  path: '/api/webhooks/{id}/redeliver',
  tags: ['webhooks'],
  summary: 'Send an event again: a new round of attempts',
  description: 'Whatever became of it before. What was still waiting of an earlier round ends.',
  request: {
    params,
    headers: commandHeaders,
    body: { required: true, content: { 'application/json': { schema: redeliverBody } } },
  },
  responses: {
    200: { ...json('The delivery as the round begins', deliverySchema), headers: commandAnswerHeaders },
    ...problems(...COMMAND_PROBLEMS),
  },
});

const listCursor = z.strictObject({ before: z.string().regex(/^[1-9][0-9]{0,15}$/) });

/** What was sent to webhooks, and sending it again. */
export function webhookDeliveryRoutes(deps: Deps) {
  return createRouter()
    .openapi(list, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const before =
        cursor === undefined ? null : BigInt(decodeCursor('deliveries', cursor, listCursor).before);
      const { webhookId } = await loadWebhook(c, deps, c.req.valid('param').id);
      const rows = await listDeliveries(deps.pool, c.get('tenant'), webhookId, { limit: limit + 1, before });
      const page = cutPage(rows, limit, (last) =>
        encodeCursor('deliveries', { before: last.position.toString() }),
      );
      return c.json({ ...page, items: page.items.map(deliveryView) }, 200);
    })
    .openapi(again, async (c) => {
      const { id } = c.req.valid('param');
      const { deliveryId } = c.req.valid('json');
      const command = await recordDone(c, deps, c.req.valid('header'), againRecording(id, deliveryId));
      return c.json(await readBegun(deps, command), 200);
    });
}

/** What a round began with: a repeat gets the same, whatever came of it since. */
async function readBegun({ pool }: Deps, { tenant, commandId }: Command) {
  const key = outcomeKey(commandId);
  const outcome = (await readOutcomes(pool, tenant, [key])).get(outcomeName(key));
  return deliverySchema.parse(outcome?.detail);
}

function outcomeKey(commandId: string) {
  return { subjectId: commandId, leg: 'command' as const };
}

function againRecording(webhookId: string, deliveryId: string): Recording {
  return {
    type: 'redeliverWebhook',
    route: 'POST /api/webhooks/:id/redeliver',
    resource: { kind: 'webhook', id: webhookId },
    creates: false,
    fingerprint: { webhookId, deliveryId },
    payload: { deliveryId },
    async work(client, { tenant, commandId, createdAt }) {
      if (await redeliver(client, tenant, webhookId, deliveryId)) {
        const begun = await readDelivery(client, tenant, webhookId, deliveryId);
        if (begun === undefined) throw new Error(`delivery ${deliveryId} is gone`);
        const outcome = { result: 'done' as const, refusal: null, detail: deliveryView(begun) };
        const outcomes = [{ ...outcomeKey(commandId), ...outcome }];
        await writeDraft(client, { ...noChanges(tenant, createdAt), outcomes });
        return;
      }
      if ((await readWebhook(client, tenant, webhookId)) === undefined) throw noWebhook(webhookId);
      throw new Problem('delivery-not-found', `Webhook ${webhookId} has no delivery ${deliveryId}.`);
    },
  };
}
