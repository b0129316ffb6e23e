import { randomBytes } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Command } from '../../sql/commands.ts';
import {
  type Customer,
  erasePersonalData,
  insertCustomer,
  listCustomers,
  readCustomer,
  readHashKey,
} from '../../sql/customers.ts';
import { hashWithKey } from '../../sql/hash.ts';
import { COMMAND_PROBLEMS, cutPage, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { decodeCursor, encodeCursor } from '../border/cursor.ts';
import { emailField, filledField, idField, pageQuery } from '../border/fields.ts';
import { commandAnswerHeaders, commandHeaders } from '../commanding.ts';
import { type AppEnv, createRouter, type Deps } from '../context.ts';
import { Problem } from '../problem.ts';
import { type Recording, recordDone } from '../recording.ts';
import { customerSchema, customerView } from '../views/customer.ts';

const customerIdField = idField.openapi({ example: 'customer-7' });

const createBody = z.strictObject({
  id: customerIdField.optional(),
  name: filledField(200, 'must not be blank').openapi({ example: 'Ada Lovelace' }),
  email: emailField,
});

const create = createRoute({
  method: 'post',
  path: '/api/customers',
  tags: ['customers'],
  summary: 'Add a customer, an owner of accounts',
  request: {
    headers: commandHeaders,
    body: { required: true, content: { 'application/json': { schema: createBody } } },
  },
  responses: {
    201: { ...json('The customer', customerSchema), headers: commandAnswerHeaders },
    ...problems(...COMMAND_PROBLEMS),
  },
});

const list = createRoute({
  method: 'get',
  path: '/api/customers',
  tags: ['customers'],
  summary: 'List customers by id',
  request: { query: z.object(pageQuery) },
  responses: { 200: json('A page of customers', pageOf(customerSchema)), ...problems(400, 503) },
});

const get = createRoute({
  method: 'get',
  path: '/api/customers/{id}',
  tags: ['customers'],
  summary: 'Read a customer',
  request: { params: z.object({ id: customerIdField }) },
  responses: { 200: json('The customer', customerSchema), ...problems(...READ_PROBLEMS) },
});

const erase = createRoute({
  method: 'delete',
  path: '/api/customers/{id}/personal-data',
  tags: ['customers'],
  summary: 'Erase the name and e-mail address of a customer, for good',
  description: 'The accounts and their history stay as they are. A repeat changes nothing.',
  request: { params: z.object({ id: customerIdField }) },
  responses: { 204: { description: 'Nothing personal is left' }, ...problems(...READ_PROBLEMS) },
});

const listCursor = z.strictObject({ after: idField });

/** Customers: add, list, read, erase. Read from where they are written, so that an erasure shows at once. */
export function customerRoutes(deps: Deps) {
  return createRouter()
    .openapi(create, async (c) => {
      const recording = createRecording(c, deps, c.req.valid('json'));
      const command = await recordDone(c, deps, c.req.valid('header'), recording);
      c.header('Location', `/api/customers/${command.resourceId}`);
      return c.json(customerView(await load(c, deps, command.resourceId)), 201);
    })
    .openapi(list, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const after = cursor === undefined ? null : decodeCursor('customers', cursor, listCursor).after;
      const rows = await listCustomers(deps.pool, c.get('tenant'), { limit: limit + 1, after });
      const page = cutPage(rows, limit, (last) => encodeCursor('customers', { after: last.customerId }));
      return c.json({ ...page, items: page.items.map(customerView) }, 200);
    })
    .openapi(get, async (c) => c.json(customerView(await load(c, deps, c.req.valid('param').id)), 200))
    .openapi(erase, async (c) => {
      const customer = await load(c, deps, c.req.valid('param').id);
      if (customer.erasedAt === null) await recordDone(c, deps, {}, eraseRecording(customer.customerId));
      return c.body(null, 204);
    });
}

/**
 * The command's row is kept for good, so it holds nothing personal: no payload, and a hash under a key that goes
 * with the personal data. Before the erasure it tells whether a repeat is the same; after it nobody can find the
 * name by hashing guesses, and whatever comes under the Idempotency-Key is answered with what is left.
 */
function createRecording(c: Context<AppEnv>, deps: Deps, body: z.infer<typeof createBody>): Recording {
  const tenant = c.get('tenant');
  const customerId = body.id ?? deps.newId();
  const fingerprint = { ...body, id: body.id ?? null };
  const hashKey = randomBytes(32);
  return {
    type: 'createCustomer',
    route: 'POST /api/customers',
    resource: { kind: 'customer', id: customerId },
    creates: true,
    fingerprint,
    payload: {},
    sealed: {
      hash: hashWithKey(hashKey, fingerprint),
      async isSame(earlier: Command) {
        const key = await readHashKey(deps.pool, tenant, earlier.resourceId);
        return key === undefined || hashWithKey(key, fingerprint) === earlier.payloadHash;
      },
    },
    async work(client, { createdAt }) {
      const { name, email } = body;
      await insertCustomer(client, { tenant, customerId, name, email, hashKey, createdAt });
    },
  };
}

function eraseRecording(customerId: string): Recording {
  return {
    type: 'erasePersonalData',
    route: 'DELETE /api/customers/:id/personal-data',
    resource: { kind: 'customer', id: customerId },
    creates: false,
    fingerprint: { customerId },
    payload: {},
    work: (client, { tenant, createdAt }) =>
      erasePersonalData(client, { tenant, customerId, erasedAt: createdAt }),
  };
}

async function load(c: Context<AppEnv>, deps: Deps, customerId: string): Promise<Customer> {
  const found = await readCustomer(deps.pool, c.get('tenant'), customerId);
  if (found !== undefined) return found;
  throw new Problem('customer-not-found', `There is no customer ${customerId}.`, { status: 404 });
}
