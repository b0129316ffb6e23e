import { randomBytes } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { PoolClient } from '../../platform/postgres.ts';
import type { DirectCommand } from '../../sql/record-resource.ts';
import { deleteWebhook, insertWebhook, listWebhooks, readWebhook, type Webhook } from '../../sql/webhooks.ts';
import { COMMAND_PROBLEMS, cutPage, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { decodeCursor, encodeCursor } from '../border/cursor.ts';
import { idField, pageQuery } from '../border/fields.ts';
import { checkWebhookUrl, webhookUrlField } from '../border/webhook-url.ts';
import { commandAnswerHeaders, commandHeaders } from '../commanding.ts';
import { type AppEnv, createRouter, type Deps } from '../context.ts';
import { Problem } from '../problem.ts';
import { type Recording, recordDone } from '../recording.ts';
import { isRepeat } from '../repeat.ts';
import { EVENT_TYPES } from '../views/event.ts';
import { newWebhookSchema, webhookSchema, webhookView } from '../views/webhook.ts';

/** Each event costs a row for each webhook that wants it. */
const MAX_WEBHOOKS = 200;
const SECRET_BYTES = 32;

export const webhookIdField = idField.openapi({ example: 'ledger-sync' });

const body = z.strictObject({
  id: webhookIdField.optional(),
  url: webhookUrlField,
  events: z
    .array(z.enum([...EVENT_TYPES, '*'], { error: 'must be a type of event, or "*" for all' }))
    .min(1, 'must name at least one type of event, or "*"')
    .max(100, 'must have at most 100 entries')
    .openapi({ example: ['TransferDebited', 'TransferCredited'] }),
  secret: z
    .string()
    .regex(/^[!-~]{16,200}$/, 'must be 16 to 200 visible ASCII characters')
    .optional()
    .openapi({ example: 'a-long-shared-secret', description: 'Made by the server where none is given' }),
});

const CREATE = 'POST /api/webhooks';
const create = createRoute({
  method: 'post',
  path: '/api/webhooks',
  tags: ['webhooks'],
  summary: 'Send events to a URL from now on',
  description:
    'Each event is POSTed as the JSON of GET /api/events, with `Remit-Event`, `Remit-Delivery` (the same for every ' +
    'attempt) and `Remit-Signature: t=<unix seconds>,v1=<hex hmac-sha256 of "<t>.<body>" with the secret>`. A ' +
    '2xx within 10 seconds is delivered, 410 gives up; anything else, redirects too, is tried again after 1 s, 2 s, ' +
    '4 s, … up to an hour. Events may come twice and out of order: `position` and `version` tell.',
  request: {
    headers: commandHeaders,
    body: { required: true, content: { 'application/json': { schema: body } } },
  },
  responses: {
    201: { ...json('The webhook, with its secret', newWebhookSchema), headers: commandAnswerHeaders },
    ...problems(...COMMAND_PROBLEMS),
  },
});

const list = createRoute({
  method: 'get',
  path: '/api/webhooks',
  tags: ['webhooks'],
  summary: 'List webhooks by id',
  request: { query: z.object(pageQuery) },
  responses: { 200: json('A page of webhooks', pageOf(webhookSchema)), ...problems(400, 503) },
});

const get = createRoute({
  method: 'get',
  path: '/api/webhooks/{id}',
  tags: ['webhooks'],
  summary: 'Read a webhook',
  request: { params: z.object({ id: webhookIdField }) },
  responses: { 200: json('The webhook', webhookSchema), ...problems(...READ_PROBLEMS) },
});

const remove = createRoute({
  method: 'delete',
  path: '/api/webhooks/{id}',
  tags: ['webhooks'],
  summary: 'Delete a webhook',
  description: 'Nothing more is sent, but for requests under way. Its id is not free again.',
  request: { params: z.object({ id: webhookIdField }) },
  responses: { 204: { description: 'It is deleted' }, ...problems(...READ_PROBLEMS) },
});

const listCursor = z.strictObject({ after: idField });

/** Webhooks: create, list, read, delete. They are configuration, so they are written as they are recorded. */
export function webhookRoutes(deps: Deps) {
  return createRouter()
    .openapi(create, async (c) => {
      const wish = c.req.valid('json');
      const headers = c.req.valid('header');
      if (!(await isRepeat(c, deps, CREATE, headers))) {
        await checkWebhookUrl(wish.url, deps.config.WEBHOOK_ALLOW_PRIVATE);
      }
      const command = await recordDone(c, deps, headers, createRecording(deps, wish));
      c.header('Location', `/api/webhooks/${command.resourceId}`);
      // A replay gets the first answer again, even after the webhook was deleted.
      const made = await loadWebhook(c, deps, command.resourceId, { deleted: true });
      return c.json({ ...webhookView(made), secret: made.secret }, 201);
    })
    .openapi(list, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const after = cursor === undefined ? null : decodeCursor('webhooks', cursor, listCursor).after;
      const rows = await listWebhooks(deps.pool, c.get('tenant'), { limit: limit + 1, after });
      const page = cutPage(rows, limit, (last) => encodeCursor('webhooks', { after: last.webhookId }));
      return c.json({ ...page, items: page.items.map(webhookView) }, 200);
    })
    .openapi(get, async (c) => c.json(webhookView(await loadWebhook(c, deps, c.req.valid('param').id)), 200))
    .openapi(remove, async (c) => {
      await recordDone(c, deps, {}, deleteRecording(c.req.valid('param').id));
      return c.body(null, 204);
    });
}

/** @throws Problem 404 */
export async function loadWebhook(
  c: Context<AppEnv>,
  deps: Deps,
  id: string,
  options: { deleted?: boolean } = {},
): Promise<Webhook> {
  const found = await readWebhook(deps.pool, c.get('tenant'), id, options);
  if (found === undefined) throw noWebhook(id);
  return found;
}

export function noWebhook(id: string): Problem {
  return new Problem('not-found', `There is no webhook ${id}.`);
}

function createRecording(deps: Deps, wish: z.infer<typeof body>): Recording {
  const webhookId = wish.id ?? deps.newId();
  const { secret, ...open } = wish;
  return {
    type: 'createWebhook',
    route: CREATE,
    resource: { kind: 'webhook', id: webhookId },
    creates: true,
    fingerprint: { ...wish, id: wish.id ?? null, secret: secret ?? null },
    payload: { ...open, id: webhookId },
    work: (client, command) =>
      insert(client, command, {
        webhookId,
        url: wish.url,
        events: [...new Set(wish.events)],
        secret: secret ?? `whsec_${randomBytes(SECRET_BYTES).toString('base64url')}`,
        createdAt: command.createdAt,
      }),
  };
}

async function insert(client: PoolClient, { tenant }: DirectCommand, webhook: Webhook): Promise<void> {
  if (await insertWebhook(client, tenant, webhook, MAX_WEBHOOKS)) return;
  throw new Problem('too-many-webhooks', `There are ${MAX_WEBHOOKS} webhooks already: delete one first.`);
}

function deleteRecording(webhookId: string): Recording {
  return {
    type: 'deleteWebhook',
    route: 'DELETE /api/webhooks/:id',
    resource: { kind: 'webhook', id: webhookId },
    creates: false,
    fingerprint: { webhookId },
    payload: {},
    async work(client, { tenant }) {
      if (!(await deleteWebhook(client, tenant, webhookId))) throw noWebhook(webhookId);
    },
  };
}
