import { createRoute, z } from '@hono/zod-openapi';
import { listCommands, readCommand } from '../../sql/commands.ts';
import { cutPage, json, pageOf, problems, READ_PROBLEMS } from '../answers.ts';
import { decodeCursor, encodeCursor } from '../border/cursor.ts';
import { idField, pageQuery } from '../border/fields.ts';
import { createRouter, type Deps } from '../context.ts';
import { Problem } from '../problem.ts';
import { commandSchema, commandView } from '../views/command.ts';

const cursorSchema = z.strictObject({ before: idField });

const list = createRoute({
  method: 'get',
  path: '/api/commands',
  tags: ['commands'],
  summary: 'The command log, newest first',
  request: { query: z.object(pageQuery) },
  responses: { 200: json('A page of commands', pageOf(commandSchema)), ...problems(400, 503) },
});

const get = createRoute({
  method: 'get',
  path: '/api/commands/{id}',
  tags: ['commands'],
  summary: 'What became of a command',
  request: { params: z.object({ id: idField.openapi({ example: '0198f2a4-7c31-7000-8000-0242ac120002' }) }) },
  responses: { 200: json('The command', commandSchema), ...problems(...READ_PROBLEMS) },
});

/** The command log. */
export function commandRoutes(deps: Deps) {
  return createRouter()
    .openapi(list, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const before = cursor === undefined ? null : decodeCursor('commands', cursor, cursorSchema).before;
      const rows = await listCommands(deps.pool, c.get('tenant'), { limit: limit + 1, before });
      const page = cutPage(rows, limit, (last) => encodeCursor('commands', { before: last.commandId }));
      return c.json({ ...page, items: page.items.map(commandView) }, 200);
    })
    .openapi(get, async (c) => {
      const { id } = c.req.valid('param');
      const command = await readCommand(deps.pool, c.get('tenant'), id);
      if (command === undefined) throw new Problem('not-found', `There is no command ${id}.`);
      return c.json(commandView(command), 200);
    });
}
