import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { batchCounts } from '../../domain/batch.ts';
import { isOutage } from '../../platform/postgres.ts';
import { type Batch, listBatches, readBatch } from '../../sql/batches.ts';
import type { Command } from '../../sql/commands.ts';
import { readCancelled } from '../../sql/read-cancelled.ts';
import { COMMAND_PROBLEMS, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { batchBody, batchIdField } from '../border/batch.ts';
import { decodeCursor, encodeCursor } from '../border/cursor.ts';
import { idField, pageQuery, reasonField } from '../border/fields.ts';
import { checkSchedule } from '../border/transfer.ts';
import { commandAnswerHeaders, commandHeaders, execute } from '../commanding.ts';
import { type AppEnv, createRouter, type Deps } from '../context.ts';
import { Problem } from '../problem.ts';
import { batchSchema, batchView } from '../views/batch.ts';
import { commandSchema, commandView } from '../views/command.ts';

const CREATE = 'POST /api/transfer-batches';
const create = createRoute({
  method: 'post',
  path: '/api/transfer-batches',
  tags: ['transfers'],
  summary: 'Make up to 10,000 transfers; each is its own saga with its own outcome',
  description:
    'Answers at once: `Prefer: wait=N` waits for the end. Nothing is made unless every transfer is valid and its id ' +
    'is free. Items are concurrent: none may count on money that another brings. A body may have up to 16 MB.',
  request: {
    headers: commandHeaders,
    body: { required: true, content: { 'application/json': { schema: batchBody } } },
  },
  responses: {
    202: { ...json('Recorded: follow Location', batchSchema), headers: commandAnswerHeaders },
    ...problems(...COMMAND_PROBLEMS),
  },
});

const listCursor = z.strictObject({ before: idField });
const list = createRoute({
  method: 'get',
  path: '/api/transfer-batches',
  tags: ['transfers'],
  summary: 'List batches, newest first',
  description:
    'A page may be shorter than `limit` while large batches run; `nextCursor` says whether others follow.',
  request: { query: z.object(pageQuery) },
  responses: { 200: json('A page of batches', pageOf(batchSchema)), ...problems(400, 503) },
});

const params = z.object({ id: batchIdField });
const get = createRoute({
  method: 'get',
  path: '/api/transfer-batches/{id}',
  tags: ['transfers'],
  summary: 'Read a batch: how many of its transfers have ended, and how',
  request: { params },
  responses: { 200: json('The batch', batchSchema), ...problems(...READ_PROBLEMS) },
});

const CANCEL = 'POST /api/transfer-batches/:id/cancel';
const cancel = createRoute({
  method: 'post',
  path: '/api/transfer-batches/{id}/cancel',
  tags: ['transfers'],
  summary: 'Cancel the transfers of a batch that were not begun; the others end as they end',
  request: {
    params,
    headers: commandHeaders,
    body: {
      required: true,
      content: { 'application/json': { schema: z.strictObject({ reason: reasonField }) } },
    },
  },
  responses: {
    200: { ...json('The batch as it was then', batchSchema), headers: commandAnswerHeaders },
    202: {
      ...json('Recorded, not decided yet: follow Location', commandSchema),
      headers: commandAnswerHeaders,
    },
    ...problems(...COMMAND_PROBLEMS),
  },
});

/** Batches of transfers: make, list, read, cancel. */
export function transferBatchRoutes(deps: Deps) {
  // A batch is answered before it has ended, unless the client would rather wait.
  const notWaiting = { ...deps, config: { ...deps.config, COMMAND_WAIT_MS: 0 } };
  return createRouter()
    .openapi(create, async (c) => {
      const wish = c.req.valid('json');
      const now = deps.now();
      for (const [at, { executeAt }] of wish.transfers.entries()) {
        checkSchedule(executeAt, now, `/transfers/${at}/executeAt`);
      }
      const command = await execute(c, notWaiting, CREATE, c.req.valid('header'), wish);
      c.header('Location', `/api/transfer-batches/${command.resourceId}`);
      return c.json(batchView(await recordedBatch(deps, command, wish.transfers.length)), 202);
    })
    .openapi(list, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const before = cursor === undefined ? null : decodeCursor('batches', cursor, listCursor).before;
      const { batches, hasMore } = await listBatches(deps.pool, c.get('tenant'), { limit, before });
      const last = batches.at(-1);
      const nextCursor = hasMore && last ? encodeCursor('batches', { before: last.commandId }) : null;
      return c.json({ items: batches.map(batchView), nextCursor }, 200);
    })
    .openapi(get, async (c) => c.json(batchView(await findBatch(c, deps, c.req.valid('param').id)), 200))
    .openapi(cancel, async (c) => {
      const { id: batchId } = c.req.valid('param');
      await findBatch(c, deps, batchId);
      const request = { type: 'cancelBatch' as const, batchId, reason: c.req.valid('json').reason };
      const command = await execute(c, deps, CANCEL, c.req.valid('header'), request);
      if (command.refusal !== null) throw new Problem(command.refusal.code, command.refusal.detail);
      if (command.status !== 'accepted')
        return c.json(batchView(await readCancelled(deps.pool, command)), 200);
      c.header('Location', `/api/commands/${command.commandId}`);
      return c.json(commandView(command), 202);
    });
}

/** @throws Problem 404 */
export async function findBatch(c: Context<AppEnv>, deps: Deps, batchId: string): Promise<Batch> {
  const found = await readBatch(deps.pool, c.get('tenant'), batchId);
  if (found === undefined) throw new Problem('not-found', `There is no batch ${batchId}.`);
  return found;
}

/** It was recorded: Postgres going away after that must not turn the answer into "try again". */
async function recordedBatch({ pool }: Deps, command: Command, total: number): Promise<Batch> {
  const { tenant, commandId, createdAt, resourceId: batchId } = command;
  const found = await readBatch(pool, tenant, batchId).catch((error: unknown) => {
    if (!isOutage(error)) throw error;
    const counts = batchCounts(total, new Map());
    return { batchId, commandId, counts, createdAt, cancelledAt: null, ended: false, lastEndAt: null };
  });
  if (found === undefined) throw new Error(`batch ${batchId} was recorded, and is not there`);
  return found;
}
