import { createRoute, z } from '@hono/zod-openapi';
import { accepts } from 'hono/accepts';
import { problems, READ_PROBLEMS } from '../answers.ts';
import { accountIdField } from '../border/fields.ts';
import { createRouter, type Deps } from '../context.ts';
import { conflictingFields } from '../problem.ts';
import { openStatement, statementPage, statementQuery } from '../statement.ts';
import { statementCsv } from '../statement-csv.ts';
import { statementSchema } from '../views/statement.ts';

const JSON_TYPE = 'application/json';
const CSV_TYPE = 'text/csv';

const statement = createRoute({
  method: 'get',
  path: '/api/accounts/{id}/statement',
  tags: ['accounts', 'reports'],
  summary: 'Opening balance, money movements and closing balance of a period, as JSON or CSV',
  description: `\`Accept: text/csv\` answers with a file of all rows (limit does not count, and there is no cursor);
anything else with JSON, in pages. Order is the account's version: the period begins after the last movement before
\`from\` and ends with the last one before \`to\`, so that statements of adjoining periods share nothing and miss
nothing. All pages are of the instant of the first: later transfers change none of them.`,
  request: { params: z.object({ id: accountIdField }), query: statementQuery },
  responses: {
    200: {
      description: 'The statement',
      content: {
        [JSON_TYPE]: { schema: statementSchema },
        [CSV_TYPE]: {
          schema: z.string().openapi({
            example:
              'date,type,id,transferId,counterpartyId,description,amount,balance,currency,version\r\n2026-08-01T00:00:00.000Z,opening_balance,,,,,,100.00,EUR,\r\n2026-08-02T00:00:00.000Z,closing_balance,,,,,,100.00,EUR,\r\n',
          }),
        },
      },
    },
    ...problems(...READ_PROBLEMS, 409, 422),
  },
});

/** An account's statements, from the read tables. */
export function statementRoutes(deps: Deps) {
  return createRouter().openapi(statement, async (c) => {
    const key = { tenant: c.get('tenant'), accountId: c.req.valid('param').id };
    const query = c.req.valid('query');
    c.header('Vary', 'Accept');
    const type = accepts(c, { header: 'Accept', supports: [JSON_TYPE, CSV_TYPE], default: JSON_TYPE });
    if (type === JSON_TYPE) return c.json(await statementPage(deps, key, query), 200);
    if (query.cursor !== undefined) {
      throw conflictingFields('/query/cursor', 'CSV has no pages: ask without it');
    }
    const found = await openStatement(deps, key, query);
    return c.body(statementCsv(deps.readPool, key, found), 200, {
      'Content-Type': `${CSV_TYPE}; charset=utf-8; header=present`,
      'Content-Disposition': `attachment; filename="${fileName(key.accountId)}"`,
    });
  });
}

/** Ids hold nothing that a header or a file system minds, but for the colon. */
function fileName(accountId: string): string {
  return `statement-${accountId.replaceAll(':', '_')}.csv`;
}
