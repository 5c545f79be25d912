import { SIZE_UNITS } from '../domain/size.js';

/** Users' notation for times, shares and sizes. `undefined`: not in it. */
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
export const LONGEST_MS = 366 * MS.d;

/** `5m` as milliseconds; whole milliseconds, at most 366 days. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const ms = Number(amount) * MS[unit as keyof typeof MS];
  return Number.isInteger(ms) && ms <= LONGEST_MS ? ms : undefined;
}

const WORDS: readonly (readonly [RegExp, number])[] = [
  [/^(ms|msecs?|millis|milliseconds?)$/i, MS.ms],
  [/^(s|secs?|seconds?)$/i, MS.s],
  [/^(m|mins?|minutes?)$/i, MS.m],
  [/^(h|hrs?|hours?)$/i, MS.h],
  [/^(d|days?)$/i, MS.d],
  [/^(w|weeks?)$/i, 7 * MS.d],
];

/** What somebody meant who wrote a time in another notation, such as `1h30m` or `5 minutes`, in milliseconds; for suggestions only. */
export function meantDuration(text: string): number | undefined {
  if (!/^\s*(\d+(\.\d+)?\s*[a-z]+\s*){1,6}$/i.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, word = ''] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)) {
    const unit = WORDS.find(([sign]) => sign.test(word))?.[1];
    if (unit === undefined) return undefined;
    ms += Number(amount) * unit;
  }
  return Math.round(ms);
}

/** How many times the usual, or what part of it, a number may still mean. */
const FAR = 30;
/** What a number without its unit may be, nearest to the usual time first; when nothing is usual, seconds or minutes. For suggestions only. */
export function withUnits(number: string, usual = 0): readonly string[] {
  if (usual === 0) return [`${number}s`, `${number}m`];
  const times = (unit: keyof typeof MS): number => {
    const ms = Number(number) * MS[unit];
    return Math.max(ms / usual, usual / ms);
  };
  // Days only where days are usual: 24 is hours otherwise.
  const units = (['ms', 's', 'm', 'h', 'd'] as const).filter((unit) => unit !== 'd' || usual > MS.d);
  return units
    .filter((unit) => times(unit) <= FAR)
    .sort((a, b) => times(a) - times(b))
    .map((unit) => `${number}${unit}`);
}

/** `5%` as basis points: two decimals at most, 0 to `most`. */
export function parsePercent(text: string, most = 100): number | undefined {
  const [, whole, fraction = ''] = /^(\d{1,9})(?:\.(\d{1,2}))?%$/.exec(text) ?? [];
  if (whole === undefined || whole.length > String(most).length) return undefined;
  const points = Number(whole) * 100 + Number(fraction.padEnd(2, '0') || '0');
  return points <= 100 * most ? points : undefined;
}

const SIZE = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti)$/;
/** `512Mi` as bytes; whole bytes. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit] = SIZE.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const bytes = Number(amount) * SIZE_UNITS[unit as keyof typeof SIZE_UNITS];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** What somebody meant who wrote a size in another notation, such as `512MB` or `512 mib`; for suggestions only. */
export function meantSize(text: string): string | undefined {
  const [, amount = '', letter = ''] = /^\s*(\d+(?:\.\d+)?)\s*([kmgt])(?:i?b?|bytes?)\s*$/i.exec(text) ?? [];
  const meant = `${amount}${letter.toUpperCase()}i`;
  return parseSize(meant) === undefined ? undefined : meant;
}
