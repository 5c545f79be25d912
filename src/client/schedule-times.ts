import type { ScheduleDescription } from '@temporalio/client';
import { durationText } from '../domain/duration.js';

type Spec = ScheduleDescription['spec'];
type Calendar = NonNullable<Spec['calendars']>[number];

/** When Temporal starts it, as cron says that: Temporal keeps the times, not the text that they were given as. */
export function timesOf({ calendars = [], intervals = [], skip = [], startAt, endAt }: Spec): string {
  const times = [
    ...calendars.map(cronOf),
    ...intervals.map(({ every }) => `every ${durationText(every)}`),
  ].join('; ');
  const bounded = skip.length > 0 || startAt !== undefined || endAt !== undefined;
  return `${times || 'never'}${bounded ? ', with exceptions' : ''}`;
}

const MONTHS = 'JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER'.split(
  ' ',
);
const DAYS = 'SUNDAY MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY'.split(' ');

/** Five fields; seven where seconds or years are given. */
function cronOf({ second, minute, hour, dayOfMonth, month, dayOfWeek, year }: Calendar): string {
  const five = [
    field(minute, 0, 59),
    field(hour, 0, 23),
    field(dayOfMonth, 1, 31),
    field(
      month.map(({ start, end, step }) => ({
        start: nth(MONTHS, start) + 1,
        end: nth(MONTHS, end) + 1,
        step,
      })),
      1,
      12,
    ),
    field(
      dayOfWeek.map(({ start, end, step }) => ({ start: nth(DAYS, start), end: nth(DAYS, end), step })),
      0,
      6,
    ),
  ];
  const [seconds, years] = [field(second, 0, 59), field(year, 0, Infinity)];
  return (seconds === '0' && years === '*' ? five : [seconds, ...five, years]).join(' ');
}

interface Part {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}
/** All where there is no part: so a calendar says every year. */
const field = (parts: readonly Part[], least: number, most: number): string =>
  parts.length === 0
    ? '*'
    : parts
        .map(({ start, end, step }) => {
          const all = start === least && end === most;
          const range = all ? '*' : start === end ? String(start) : `${String(start)}-${String(end)}`;
          return step > 1 ? `${range}/${String(step)}` : range;
        })
        .join(',');

const nth = (names: readonly string[], name: string): number => names.indexOf(name);
