const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time as people say it, in one unit. */
export function lengthOf(ms: number): string {
  const most = Math.max(ms, 0);
  if (most < 2 * MINUTE) return `${String(Math.round(most / SECOND))} s`;
  if (most < 2 * HOUR) return `${String(Math.round(most / MINUTE))} min`;
  return most < 2 * DAY ? `${String(Math.round(most / HOUR))} h` : `${String(Math.round(most / DAY))} d`;
}

/** The time of day, UTC as everywhere in audit and history. */
export const clock = (at: number): string => new Date(at).toISOString().slice(11, 19);

const BAR = 20;
const FULL = 10_000;
/** A share of traffic; what is above nothing shows, what is below all leaves a gap. */
export function bar(share: number): string {
  const exact = (share / FULL) * BAR;
  const filled = share <= 0 ? 0 : share >= FULL ? BAR : Math.min(Math.max(Math.round(exact), 1), BAR - 1);
  return '█'.repeat(filled).padEnd(BAR, '░');
}
