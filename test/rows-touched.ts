import type { Pool, Queryable } from '../platform/postgres.ts';

type Plan = {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
};
type Statement = { name?: string; text: string; values: unknown[] };

/** The rows that all statements of `work` touch, by plans that know no parameters, as a seasoned connection's do. */
export async function rowsTouched(pool: Pool, work: (db: Queryable) => Promise<unknown>): Promise<number> {
  const client = await pool.connect();
  await client.query("set plan_cache_mode = 'force_generic_plan'");
  let rows = 0;
  const query = async (statement: Statement) => {
    const { name = 'nameless', text, values } = statement;
    const { rows: told } = await client.query<{ 'QUERY PLAN': { Plan: Plan }[] }>({
      name: `explain-${name}`,
      text: `explain (analyze, format json) ${text}`,
      values,
    });
    rows += told[0]?.['QUERY PLAN'][0] === undefined ? 0 : touched(told[0]['QUERY PLAN'][0].Plan);
    return client.query(statement);
  };
  try {
    await work({ query } as unknown as Queryable);
  } finally {
    client.release(true);
  }
  return rows;
}

/** Rows that a plan's scans touch, those that a filter threw away included. */
function touched(plan: Plan): number {
  const own = plan['Node Type'].includes('Scan')
    ? (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops']
    : 0;
  return (plan.Plans ?? []).reduce((sum, child) => sum + touched(child), own);
}
