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
export const clock = (at: number): string => `${new Date(at).toISOString().slice(11, 19)}Z`;

/** An ISO instant to the second, UTC. */
export const instant = (iso: string): string => `${iso.slice(0, 19)}Z`;

/** A part of a whole, to three digits. */
export const shareText = (value: number): string => `${String(Number((value * 100).toPrecision(3)))} %`;

const BAR = 20;
const FULL = 10_000;
/** A share of traffic; what is above nothing shows, what is below all leaves a gap. */
export function bar(share: number): string {
  const exact = (share / FULL) * BAR;
  const filled = share <= 0 ? 0 : share >= FULL ? BAR : Math.min(Math.max(Math.round(exact), 1), BAR - 1);
  return '█'.repeat(filled).padEnd(BAR, '░');
}

const MOST_DETAILS = 120;
const HASH = /\b([0-9a-f]{12})[0-9a-f]{52}\b/g;

/** Facts on one line, for people: empty ones left out, hashes as short as they are shown elsewhere. The whole is in the JSON. */
export function details(facts: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(facts).filter(([, value]) => value !== '' && value !== undefined);
  const text = told
    .map(([name, value]) => `${name}=${plain(value)}`)
    .join(' ')
    .replace(HASH, '$1');
  return text.length <= MOST_DETAILS ? text : `${text.slice(0, MOST_DETAILS - 1)}…`;
}

const plain = (value: unknown): string =>
  typeof value === 'string' ? (/\s/.test(value) ? JSON.stringify(value) : value) : JSON.stringify(value);
