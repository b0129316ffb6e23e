import { createRoute, z } from '@hono/zod-openapi';
import { json, problems } from './answers.ts';

/** What the document says beside the routes. */
export const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Remit',
    version: '1',
    description:
      'Event-sourced money transfers. Amounts are decimal strings in their currency; times are ISO 8601, UTC; errors are RFC 9457 problem documents.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/' }],
  tags: [
    { name: 'customers', description: 'Owners of accounts; their personal data can be erased' },
    { name: 'currencies', description: 'Rates, and quotes that hold one for a while' },
    { name: 'accounts', description: 'Open, read, move cash, freeze, close' },
    { name: 'transfers', description: 'Money from one account to another, as a saga' },
    { name: 'standing orders', description: 'Transfers that repeat' },
    { name: 'holds', description: 'Money set aside, to be captured or given back' },
    { name: 'commands', description: 'What was asked for' },
    { name: 'events', description: 'What was decided' },
    { name: 'webhooks', description: 'Events sent to your own servers, signed and retried' },
    { name: 'reports', description: 'Sums, and proof that they are right' },
    { name: 'operation', description: 'Health and projections' },
  ],
};

export const openapiRoute = createRoute({
  method: 'get',
  path: '/openapi.json',
  tags: ['operation'],
  summary: 'This document: OpenAPI 3.1, made from the schemas that validate',
  responses: {
    200: json(
      'The document',
      z.object({ openapi: z.string().openapi({ example: '3.1.0' }) }).openapi('OpenApi'),
    ),
    ...problems(400),
  },
});
