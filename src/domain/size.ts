export const SIZE_UNITS = { Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4 } as const;

/** Bytes as users write them: 67108864 is `64Mi`. What is no whole number of a unit is said in bytes. */
export function sizeText(bytes: number): string {
  const fitting = (['Ti', 'Gi', 'Mi', 'Ki'] as const).find(
    (unit) => bytes >= SIZE_UNITS[unit] && bytes % SIZE_UNITS[unit] === 0,
  );
  return fitting === undefined
    ? `${String(bytes)} bytes`
    : `${String(bytes / SIZE_UNITS[fitting])}${fitting}`;
}

/** Bytes as people read them: to a tenth of the unit that fits, `round`ed as is said. */
export function bytesText(bytes: number, round = Math.round): string {
  const unit = (['Ti', 'Gi', 'Mi', 'Ki'] as const).find((u) => bytes >= SIZE_UNITS[u]);
  return unit === undefined
    ? `${String(bytes)} B`
    : `${(round((10 * bytes) / SIZE_UNITS[unit]) / 10).toFixed(1)} ${unit}B`;
}
