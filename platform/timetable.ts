import { type CronDate, CronExpressionParser } from 'cron-parser';

/** Instants that repeat, up to `last`: by a cron of five fields in UTC, or at equal distances from an anchor. */
export type Timetable = { readonly last: Date | null } & (
  | { readonly cron: string }
  | { readonly everyMs: number; readonly anchorMs: number }
);

/** What both cron and we understand: numbers, names, lists, ranges, steps. No seconds, no `L`, `W`, `#`, `@daily`. */
const FIELD = '(?:\\*|[A-Za-z0-9]+(?:-[A-Za-z0-9]+)?)(?:/[0-9]+)?';
const CRON = new RegExp(`^${FIELD}(?:,${FIELD})*(?: ${FIELD}(?:,${FIELD})*){4}$`);
const NAMES = /[A-Za-z]+/g;
const KNOWN_NAMES = new Set(
  'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC SUN MON TUE WED THU FRI SAT'.split(' '),
);

/** Why a text is not a cron that is ever due, or null where it is. */
export function refuseCron(text: string): string | null {
  const names = text.match(NAMES) ?? [];
  if (!CRON.test(text) || names.some((name) => !KNOWN_NAMES.has(name.toUpperCase()))) {
    return 'must have five fields (minute, hour, day of month, month, day of week), such as "0 9 1 * *"';
  }
  try {
    parse(text, new Date(0)).next();
    return null;
  } catch (error) {
    return `is not a cron that is ever due: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The next instants after one, at most `limit` of them, in order. */
export function runsAfter(timetable: Timetable, after: Date, limit: number): Date[] {
  const found: Date[] = [];
  for (const next of instants(timetable, after)) {
    if (found.length === limit || (timetable.last !== null && next > timetable.last)) break;
    found.push(next);
  }
  return found;
}

function* instants(timetable: Timetable, after: Date): Generator<Date> {
  if ('cron' in timetable) {
    const runs = parse(timetable.cron, after);
    for (;;) yield (runs.next() as CronDate).toDate();
  }
  const { everyMs, anchorMs } = timetable;
  const passed = Math.max(0, Math.floor((after.getTime() - anchorMs) / everyMs));
  for (let count = passed + 1; ; count += 1) yield new Date(anchorMs + count * everyMs);
}

/** A calendar of Temporal: an instant matches it if all fields do. */
export type Calendar = {
  readonly minute: number[];
  readonly hour: number[];
  readonly dayOfMonth: number[] | '*';
  readonly month: number[];
  readonly dayOfWeek: number[] | '*';
};

/**
 * The calendars that together are a cron. Where both its days are restricted either is enough, as cron has it: that
 * takes two calendars, and is why Temporal is not given the text, which it reads otherwise.
 */
export function calendarsOf(cron: string): Calendar[] {
  const { minute, hour, dayOfMonth, month, dayOfWeek } = parse(cron, new Date(0)).fields;
  const times = { minute: numbers(minute.values), hour: numbers(hour.values), month: numbers(month.values) };
  const days = dayOfMonth.isWildcard ? '*' : numbers(dayOfMonth.values);
  // Cron has two numbers for Sunday.
  const weekdays = dayOfWeek.isWildcard
    ? '*'
    : [...new Set(numbers(dayOfWeek.values).map((day) => day % 7))].sort();
  if (days === '*' || weekdays === '*') return [{ ...times, dayOfMonth: days, dayOfWeek: weekdays }];
  return [
    { ...times, dayOfMonth: days, dayOfWeek: '*' },
    { ...times, dayOfMonth: '*', dayOfWeek: weekdays },
  ];
}

function parse(cron: string, currentDate: Date) {
  return CronExpressionParser.parse(cron, { tz: 'UTC', currentDate });
}

/** Without `L` and `W`, which are refused, all of them are numbers. */
function numbers(values: readonly (number | string)[]): number[] {
  return values.map(Number);
}
