import { openParts } from './parts.ts';
import { shrink } from './shrink.ts';
import { type Outcome, simulate } from './simulation.ts';
import type { Asked, Told } from './team.ts';

/** One process of the team: runs the seeds that it is given until there are none, and makes its failures smaller. */
const parts = await openParts();
let last: Outcome | null = null;

process.on('message', async (asked: Asked) => {
  if (asked === 'shrink' && last !== null) return tell('shrunk', await shrink(parts, last));
  last = await simulate(parts, { seed: Number(asked), operations: null, faults: null });
  tell('run', last);
});
process.once('disconnect', () => process.exit(0));
process.send?.({ kind: 'ready' } satisfies Told);

function tell(kind: 'run' | 'shrunk', { counts, ends, trace: _, ...rest }: Outcome): void {
  const told: Told = { kind, outcome: { ...rest, counts: [...counts], ends: [...ends] } };
  process.send?.(told);
}
