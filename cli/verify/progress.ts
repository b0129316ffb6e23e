import type { Progress } from '../../sql/integrity/snapshots.ts';

/** How often a line of progress is due: on a terminal it is one line that changes. */
const PLAIN_MS = 5_000;
const TERMINAL_MS = 200;

const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

type Part = Parameters<Progress>[0];
type Counted = { rows: number; ms: number };

/** Prints what is being looked at, how far it came and how fast; `end` takes the last line off a terminal. */
export function createPrinter(out: NodeJS.WriteStream, nowMs: () => number) {
  const everyMs = out.isTTY ? TERMINAL_MS : PLAIN_MS;
  const counted = new Map<Part, Counted>();
  let total = 0;
  let lookedMs = nowMs();
  let saidMs = lookedMs;
  const say = (part: Part, { rows, ms }: Counted) => {
    const of = part === 'events' || part === 'log' ? ` of ${number.format(total)}` : '';
    const line = `${part}: ${number.format(rows)}${of}, ${number.format((rows * 1_000) / Math.max(1, ms))}/s`;
    out.write(out.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
  };
  const progress: Progress = (part, rows) => {
    const so = counted.get(part) ?? { rows: 0, ms: 0 };
    const count = { rows: so.rows + rows, ms: so.ms + nowMs() - lookedMs };
    counted.set(part, count);
    lookedMs = nowMs();
    if (lookedMs - saidMs < everyMs) return;
    say(part, count);
    saidMs = lookedMs;
  };
  return {
    progress,
    begin: (events: bigint) => {
      total = Number(events);
    },
    end: () => {
      if (out.isTTY) out.write('\r\u001b[K');
    },
  };
}
