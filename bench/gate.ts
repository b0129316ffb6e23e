import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Plan } from './plan.ts';
import type { Verdict } from './targets.ts';

const FILE = fileURLToPath(new URL('baseline.json', import.meta.url));
/** Runs of the same code differ by up to a third on a machine that others use too. */
export const NOISE = 0.35;

const ratiosSchema = z.record(z.string(), z.number());
const baselineSchema = z.strictObject({ quick: ratiosSchema.optional(), full: ratiosSchema.optional() });

/** Ratios by line and name, as they were once kept. */
export type Ratios = Readonly<z.infer<typeof ratiosSchema>>;

/** Those of an earlier run of this kind; null where none were kept. */
export async function readKept(mode: Plan['mode']): Promise<Ratios | null> {
  return (await readBaseline())[mode] ?? null;
}

/** Keeps a run's ratios beside those of the other kind. */
export async function keep(mode: Plan['mode'], verdicts: readonly Verdict[]): Promise<void> {
  const ratios = verdicts.filter(({ unit }) => unit === 'ratio');
  const kept = Object.fromEntries(ratios.map((one) => [keyOf(one), Number(one.measured.toPrecision(4))]));
  const baseline = { ...(await readBaseline()), [mode]: kept };
  await writeFile(FILE, `${JSON.stringify(baseline, null, 2)}\n`);
}

/** One sentence for each ratio that is worse than the kept one by more than noise. */
export function dropped(kept: Ratios, verdicts: readonly Verdict[]): string[] {
  return verdicts.flatMap((verdict) => {
    const before = kept[keyOf(verdict)];
    if (before === undefined) return [];
    const { measured, wanted } = verdict;
    const share = 'atLeast' in wanted ? measured / before : before / measured;
    if (share >= 1 - NOISE) return [];
    return [`${keyOf(verdict)} was ${before} and is ${measured.toPrecision(4)}`];
  });
}

function keyOf({ line, name }: Verdict): string {
  return `${line} ${name}`;
}

async function readBaseline(): Promise<z.infer<typeof baselineSchema>> {
  const text = await readFile(FILE, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  return baselineSchema.parse(JSON.parse(text));
}
