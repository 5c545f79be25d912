const MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds as people write them: `90000` is `90s`. */
export function durationText(ms: number): string {
  const fitting = (['d', 'h', 'm', 's'] as const).find((unit) => ms >= MS[unit] && ms % MS[unit] === 0);
  return fitting === undefined ? `${String(ms)}ms` : `${String(ms / MS[fitting])}${fitting}`;
}
