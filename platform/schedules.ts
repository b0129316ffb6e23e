import {
  type CalendarSpec,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { type TemporalClient, withDeadline } from './temporal.ts';
import { type Calendar, calendarsOf, runsAfter, type Timetable } from './timetable.ts';

/** What a Schedule is to be like. All but `paused` never changes. */
export type WantedSchedule = {
  readonly scheduleId: string;
  readonly timetable: Timetable;
  readonly workflowType: string;
  readonly input: object;
  readonly overlap: 'allow-all' | 'buffer-one' | 'skip';
  /** Milliseconds after which a run that was missed (Temporal was away) is not started any more. */
  readonly catchUpMs: number;
  readonly paused: boolean;
  /** What the Web UI says of it. */
  readonly note: string;
  /** The instant for which the rest was made out. */
  readonly asOf: Date;
  /** A Schedule that has to be created starts these runs at once. */
  readonly missed: readonly Period[];
  /** One that is there does the same with these: it ought to have started them. */
  readonly overdue: readonly Period[];
  /** True of a run that need not be started: it was, or is not due any more. */
  readonly isDone: (run: Date) => Promise<boolean>;
};

/** Runs due in `(start, end]`. */
export type Period = { readonly start: Date; readonly end: Date };

/** Temporal's Schedules, made equal to what is wanted. Each call may be repeated. */
export type Schedules = {
  ensure(wanted: WantedSchedule): Promise<void>;
  remove(scheduleId: string): Promise<void>;
};

const OVERLAP = {
  'allow-all': ScheduleOverlapPolicy.ALLOW_ALL,
  'buffer-one': ScheduleOverlapPolicy.BUFFER_ONE,
  skip: ScheduleOverlapPolicy.SKIP,
} as const;

/** The client is asked for at each use: a worker's own takes the place of the first. */
export function createSchedules(client: () => TemporalClient, taskQueue: string): Schedules {
  const call = <T>(work: (client: TemporalClient) => Promise<T>): Promise<T> => {
    const current = client();
    return withDeadline(current, () => work(current));
  };
  const find = (scheduleId: string) =>
    call(async ({ schedule }) => {
      const handle = schedule.getHandle(scheduleId);
      const found = await unlessMissing(() => handle.describe());
      return found && { handle, paused: found.state.paused, gap: gapOf(found) };
    });
  return {
    async ensure(wanted) {
      const found = await find(wanted.scheduleId);
      if (found === undefined) await call((current) => create(current, wanted, taskQueue));
      else await call(() => adjust(found.handle, found.paused, wanted));
      const made = found ?? (await find(wanted.scheduleId));
      if (made !== undefined) await call(() => closeGap(made.handle, made.gap, wanted));
    },
    async remove(scheduleId) {
      await call(({ schedule }) => unlessMissing(() => schedule.getHandle(scheduleId).delete()));
    },
  };
}

async function unlessMissing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

async function adjust(handle: ScheduleHandle, paused: boolean, wanted: WantedSchedule): Promise<void> {
  if (paused && !wanted.paused) await handle.unpause(wanted.note);
  if (!paused && wanted.paused) await handle.pause(wanted.note);
  const backfill = backfillOf(wanted.overdue, wanted);
  if (backfill.length > 0) await handle.backfill(backfill);
}

async function create(client: TemporalClient, wanted: WantedSchedule, taskQueue: string): Promise<void> {
  const { scheduleId, timetable, overlap, paused, note } = wanted;
  const backfill = backfillOf(wanted.missed, wanted);
  try {
    await client.schedule.create({
      scheduleId,
      spec: { ...specOf(timetable), ...(timetable.last === null ? {} : { endAt: timetable.last }) },
      action: {
        type: 'startWorkflow',
        workflowType: wanted.workflowType,
        workflowId: scheduleId,
        args: [wanted.input],
        taskQueue,
      },
      policies: { overlap: OVERLAP[overlap], catchupWindow: wanted.catchUpMs },
      state: { paused, note, ...(backfill.length === 0 ? {} : { backfill }) },
      memo: { [AS_OF]: wanted.asOf.toISOString() },
    });
  } catch (error) {
    // Somebody else was first; what they made is looked at next time.
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

/** The memo of a Schedule in which it keeps for which instant it was asked. */
const AS_OF = 'asOf';
/** Runs that may be due between asking for a Schedule and its creation. */
const MAX_GAP_RUNS = 10;

/**
 * A Schedule counts from its own creation, and the caller's missed runs end at the instant for which it was asked: what
 * was due in between is nobody's. The Schedule tells for ever when that was, so that whoever looks at it may close the
 * gap: who created it may not live to.
 */
function gapOf({ memo, info }: Pick<ScheduleDescription, 'memo' | 'info'>): Period | null {
  const asOf = memo?.[AS_OF];
  return typeof asOf === 'string' ? { start: new Date(asOf), end: info.createdAt } : null;
}

async function closeGap(handle: ScheduleHandle, gap: Period | null, wanted: WantedSchedule): Promise<void> {
  if (gap === null) return;
  for (const run of runsAfter(wanted.timetable, gap.start, MAX_GAP_RUNS)) {
    if (run > gap.end) return;
    if (await wanted.isDone(run)) continue;
    return handle.backfill(backfillOf([{ start: justBefore(run), end: gap.end }], wanted));
  }
}

/** The start of a period whose first run is this one. */
export function justBefore(run: Date): Date {
  return new Date(run.getTime() - 1);
}

/** What was missed is started one after another where runs must not overlap: none of it is skipped. */
function backfillOf(periods: readonly Period[], { overlap }: WantedSchedule) {
  const policy = overlap === 'allow-all' ? ScheduleOverlapPolicy.ALLOW_ALL : ScheduleOverlapPolicy.BUFFER_ALL;
  return periods.map((period) => ({ ...period, overlap: policy }));
}

function specOf(timetable: Timetable) {
  if ('cron' in timetable) return { calendars: calendarsOf(timetable.cron).map(calendarSpec) };
  const { everyMs, anchorMs } = timetable;
  // Temporal counts intervals from 1970; the run at the anchor itself is none.
  const intervals = [{ every: everyMs, offset: anchorMs % everyMs }];
  return { intervals, startAt: new Date(anchorMs + 1_000) };
}

const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;
const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

function calendarSpec({ month, dayOfWeek, ...rest }: Calendar): CalendarSpec {
  return {
    ...rest,
    month: MONTHS.filter((_, index) => month.includes(index + 1)),
    dayOfWeek: dayOfWeek === '*' ? '*' : DAYS.filter((_, index) => dayOfWeek.includes(index)),
  };
}
