import { readFile } from 'node:fs/promises';

export type LogLine = Readonly<Record<string, unknown>>;

/** pino's number for `warn`. */
const WARN = 40;

/** True for what was logged as a warning or worse: an attempt that failed. */
export function isFailure({ level }: LogLine): boolean {
  return Number(level) >= WARN;
}

/** A log's lines from a byte on. A killed process may leave half a line, and a crash what is no JSON: neither counts. */
export async function readLog(file: string, from = 0): Promise<LogLine[]> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  return bytes.subarray(from).toString('utf8').split('\n').flatMap(toLine);
}

function toLine(text: string): LogLine[] {
  if (!text.startsWith('{')) return [];
  try {
    return [JSON.parse(text) as LogLine];
  } catch {
    return [];
  }
}
