/** From a value to a part of a length, from 0 to 1. */
export type Scale = (value: number) => number;

/** Of what lies from one end to the other; all of it in the middle when they are the same. */
export const scaleOf =
  (from: number, to: number): Scale =>
  (value) =>
    from === to ? 0.5 : Math.min(Math.max((value - from) / (to - from), 0), 1);

/**
 * Round values with 0, from the last one that is not above `least`, which is 0 or below, to the first one that is not below `most`, which is 0
 * or above: at most six steps.
 */
export function ticksBetween(least: number, most: number): readonly number[] {
  const rough = Math.max(most - least, Number.EPSILON) / MOST_TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (ROUND.find((r) => r * power >= rough * (1 - EXACT)) ?? 10) * power;
  const [first, last] = [-stepsTo(-least, step), stepsTo(most, step)];
  const count = Math.max(last - first, 1) + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
const stepsTo = (value: number, step: number): number => Math.ceil((value / step) * (1 - EXACT));
const MOST_TICKS = 5;
const ROUND = [1, 2, 5, 10];
const EXACT = 1e-9;

const [S, M, H, D] = [1_000, 60_000, 3_600_000, 86_400_000];
const STEPS = [
  ...[S, 2 * S, 5 * S, 10 * S, 15 * S, 30 * S],
  ...[M, 2 * M, 5 * M, 10 * M, 15 * M, 30 * M],
  ...[H, 2 * H, 3 * H, 6 * H, 12 * H],
  ...[D, 2 * D, 7 * D, 14 * D],
];
const MOST_INSTANTS = 5;

/** Round instants between two (epoch ms), few enough to be read on a phone, each with its words: as short as the steps allow. */
export function instantsBetween(
  from: number,
  to: number,
): readonly { readonly at: number; readonly text: string }[] {
  const rough = (to - from) / MOST_INSTANTS;
  const step = STEPS.find((ms) => ms >= rough) ?? Math.ceil(rough / (28 * D)) * 28 * D;
  const first = Math.ceil(from / step) * step;
  const count = Math.max(0, Math.floor((to - first) / step) + 1);
  return Array.from({ length: count }, (_, i) => {
    const at = first + i * step;
    return { at, text: textOf(new Date(at).toISOString(), step) };
  });
}

const textOf = (iso: string, step: number): string =>
  step >= D ? iso.slice(5, 10) : step >= M ? `${iso.slice(11, 16)}Z` : `${iso.slice(11, 19)}Z`;
