/** A line of the result: a measured value against its budget, if it has one. `better` says which side of the budget is good. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly budget?: number;
  readonly better?: 'less' | 'more';
  /** What the value was made of, for people. */
  readonly detail: string;
}
export const isShort = ({ value, budget, better }: Row): boolean =>
  budget !== undefined && (better === 'less' ? value > budget : value < budget);

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** The smallest value that at least `q` of them are not above. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

export async function timed(body: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await body();
  return performance.now() - begin;
}

/** Runs the bodies in turn, A B A B …, after one round that is not counted, so that a drift of the machine meets both alike. */
export async function interleaved(
  rounds: number,
  ...bodies: readonly (() => Promise<number>)[]
): Promise<readonly (readonly number[])[]> {
  const values: number[][] = bodies.map(() => []);
  for (let round = 0; round <= rounds; round++)
    for (const [i, body] of bodies.entries()) {
      const value = await body();
      if (round > 0) values[i]?.push(value);
    }
  return values;
}

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
