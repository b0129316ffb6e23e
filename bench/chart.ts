import { figure, type Line } from './lines.ts';

/** The rates that belong side by side, slowest first. */
const BARS: readonly {
  readonly line: string;
  readonly label: string;
  readonly title: string;
  readonly fill: string;
}[] = [
  { line: 'b.stock.16', label: '', title: 'Plain sample, stock server, 16 callers', fill: '#9ca3af' },
  { line: 'b.tuned.16', label: '', title: 'Plain sample, tuned server, 16 callers', fill: '#9ca3af' },
  { line: 'a.never.16', label: '', title: 'Remit, never grouped, 16 callers', fill: '#60a5fa' },
  { line: 'a.adaptive.16', label: '', title: 'Remit, 16 callers', fill: '#2563eb' },
  { line: 'a.adaptive.64', label: '', title: 'Remit, 64 callers', fill: '#2563eb' },
  { line: 'a.adaptive.128', label: '', title: 'Remit, 128 callers', fill: '#2563eb' },
  { line: 'c.10000', label: 'projected', title: 'Remit, batch of 10,000, projected', fill: '#0d9488' },
  { line: 'c.10000', label: 'final', title: 'Remit, batch of 10,000, final', fill: '#0d9488' },
  { line: 'h.batches', label: '', title: 'Ceiling: pgbench, one statement', fill: '#d97706' },
];

const WIDTH = 860;
const TEXT_WIDTH = 300;
const NUMBER_WIDTH = 80;
const BAR_HEIGHT = 22;
const STEP = 32;
const TOP = 52;

/** Transfers a second of a run's main lines, as an SVG with a logarithmic axis: they are powers of ten apart. */
export function toSvg(lines: readonly Line[]): string {
  const values = BARS.map(({ line, label }) => figure(lines, line, label));
  const most = Math.log10(Math.max(10, ...values));
  const widthOf = (value: number) =>
    (Math.log10(Math.max(1, value)) / most) * (WIDTH - TEXT_WIDTH - NUMBER_WIDTH);
  const bars = BARS.map((bar, at) => barOf(bar, values[at]!, widthOf(values[at]!), TOP + at * STEP));
  const height = TOP + BARS.length * STEP + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="14">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="12" y="28" font-size="16" font-weight="bold" fill="#111827">Transfers a second (logarithmic scale)</text>
${bars.join('\n')}
</svg>
`;
}

function barOf({ title, fill }: (typeof BARS)[number], value: number, width: number, y: number): string {
  const baseline = y + BAR_HEIGHT - 6;
  const number = Math.round(value).toLocaleString('en-US');
  return `<text x="${TEXT_WIDTH - 8}" y="${baseline}" text-anchor="end" fill="#111827">${title}</text>
<rect x="${TEXT_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" fill="${fill}"/>
<text x="${(TEXT_WIDTH + width + 6).toFixed(1)}" y="${baseline}" fill="#111827">${number}</text>`;
}
