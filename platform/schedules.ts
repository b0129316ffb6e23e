import {
  type CalendarSpec,
  ScheduleAlreadyRunning,
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
  readonly missed: Period | null;
  /** One that is there does the same with these: it ought to have started them. */
  readonly overdue: Period | null;
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
      return found && { handle, paused: found.state.paused };
    });
  return {
    async ensure(wanted) {
      const found = await find(wanted.scheduleId);
      if (found !== undefined) return call(() => adjust(found.handle, found.paused, wanted));
      await call((current) => create(current, wanted, taskQueue));
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
  if (backfill !== null) await handle.backfill(backfill);
}

async function create(client: TemporalClient, wanted: WantedSchedule, taskQueue: string): Promise<void> {
  const { scheduleId, timetable, overlap, paused, note } = wanted;
  const backfill = backfillOf(wanted.missed, wanted);
  try {
    const handle = await client.schedule.create({
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
      state: { paused, note, ...(backfill === null ? {} : { backfill: [backfill] }) },
    });
    if (!paused) await closeGap(handle, wanted);
  } catch (error) {
    // Somebody else was first; what they made is looked at next time.
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

/** A Schedule counts from its own creation: a run due just before was still to come as it was asked for. */
async function closeGap(handle: ScheduleHandle, wanted: WantedSchedule): Promise<void> {
  const { createdAt } = (await handle.describe()).info;
  const [next] = runsAfter(wanted.timetable, wanted.asOf, 1);
  if (next === undefined || next > createdAt) return;
  const gap = backfillOf({ start: wanted.asOf, end: createdAt }, wanted);
  if (gap !== null) await handle.backfill(gap);
}

/** What was missed is started one after another where runs must not overlap: none of it is skipped. */
function backfillOf(period: Period | null, { overlap }: WantedSchedule) {
  if (period === null) return null;
  const policy = overlap === 'allow-all' ? ScheduleOverlapPolicy.ALLOW_ALL : ScheduleOverlapPolicy.BUFFER_ALL;
  return { ...period, overlap: policy };
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
