/** What a run on one area came to. */
export type Row = {
  readonly area: string;
  /** The code that was mutated; null where it was not committed. */
  readonly commit: string | null;
  readonly what: string;
  readonly by: string;
  readonly mutants: number;
  readonly killed: number;
  readonly survived: number;
  /** Mutants in lines that no test runs, and those whose run broke down. */
  readonly uncovered: number;
  /** Percent of the mutants that were noticed, with one decimal. */
  readonly score: string;
  readonly tookMs: number;
};

/** The part of Stryker's JSON report that counts. */
type Report = {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { status: string }[] }>>;
};

const NOT_RUN = ['NoCoverage', 'RuntimeError', 'CompileError', 'Pending'];

/** Counts a report. A mutant that makes a test hang is noticed; one that was left alone on purpose does not count. */
export function rowOf(run: {
  readonly area: string;
  readonly commit: string | null;
  readonly what: string;
  readonly by: string;
  readonly report: Report;
  readonly tookMs: number;
}): Row {
  const { report, ...told } = run;
  const all = Object.values(report.files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const count = (...statuses: string[]) => all.filter((status) => statuses.includes(status)).length;
  const [killed, survived, uncovered] = [count('Killed', 'Timeout'), count('Survived'), count(...NOT_RUN)];
  const mutants = killed + survived + uncovered;
  const perMille = mutants === 0 ? 0 : Math.floor((killed * 1_000) / mutants);
  return { ...told, mutants, killed, survived, uncovered, score: (perMille / 10).toFixed(1) };
}

/** Why a score does not pass: it is below the least, or there is no least yet. Null where it passes. */
export function fallsShort({ area, score }: Row, breakBelow: number | null): string | null {
  const where = 'LEAST_SCORES in test/faults/mutation/least-scores.ts';
  if (breakBelow === null) return `${area} has no least score yet: set ${where}, a little under ${score}.`;
  return Number(score) < breakBelow ? `${area} is at ${score} %, below ${breakBelow} (${where}).` : null;
}

/** The table of docs/RELIABILITY.md. */
export function toMarkdown(rows: readonly Row[]): string {
  const head = [
    '| area | mutated | tests | mutants | noticed | survived | not run | score | time | commit |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  const lines = rows.map((row) => {
    const { area, what, by, mutants, killed, survived, uncovered, score, tookMs, commit } = row;
    const minutes = `${Math.ceil(tookMs / 60_000)} min`;
    const cells = [
      area,
      what,
      by,
      mutants,
      killed,
      survived,
      uncovered,
      `${score} %`,
      minutes,
      commit?.slice(0, 7),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [...head, ...lines].join('\n');
}
