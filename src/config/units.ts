/** Users' notation for times and shares. `undefined`: not in it. */
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `5m` as milliseconds; whole milliseconds, at most 366 days. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const ms = Number(amount) * MS[unit as keyof typeof MS];
  return Number.isInteger(ms) && ms <= 366 * MS.d ? ms : undefined;
}

/** `5%` as basis points: two decimals at most, 0 to 100. */
export function parsePercent(text: string): number | undefined {
  const [, whole, fraction = ''] = /^(\d{1,3})(?:\.(\d{1,2}))?%$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const points = Number(whole) * 100 + Number(fraction.padEnd(2, '0') || '0');
  return points <= 10_000 ? points : undefined;
}

/** Milliseconds as people write them: `90000` is `90s`. */
export function durationText(ms: number): string {
  const fitting = (['d', 'h', 'm', 's'] as const).find((unit) => ms >= MS[unit] && ms % MS[unit] === 0);
  return fitting === undefined ? `${String(ms)}ms` : `${String(ms / MS[fitting])}${fitting}`;
}
