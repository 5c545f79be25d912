import { FULL, type Share } from './plan.js';

/** One batch of a rolling deployment: the candidate has `from` instances before it and `to` of `of` after it. */
export interface Batch {
  readonly from: number;
  readonly to: number;
  readonly of: number;
  /** Instances of stable before it, and those that stay. */
  readonly stable: { readonly from: number; readonly to: number };
  /** The candidate's share of the users while it is under way, and after it: its part of the instances that serve. */
  readonly shares: { readonly meanwhile: Share; readonly after: Share };
}

/**
 * The batches from all instances of stable to all of the candidate, where the two may have different numbers. Stable gives up its part of
 * its instances before the candidate's come, so at no time more run than the larger of the two numbers, and shares only grow. Somebody
 * serves at every time while `size` is less than `candidate`.
 */
export function batchesOf(candidate: number, stable: number, size: number): readonly Batch[] {
  // Rounded up: what stays is never less than stable's part.
  const staying = (to: number): number => Math.ceil((stable * (candidate - to)) / candidate);
  const batches: Batch[] = [];
  for (let from = 0; from < candidate; from += size) {
    const to = Math.min(from + size, candidate);
    const left = staying(to);
    batches.push({
      ...{ from, to, of: candidate, stable: { from: staying(from), to: left } },
      shares: { meanwhile: partOf(from, left), after: partOf(to, left) },
    });
  }
  return batches;
}

const partOf = (candidate: number, stable: number): Share =>
  candidate === 0 ? 0 : Math.floor((FULL * candidate) / (candidate + stable));

/** `3 to 4 of 6`. */
export const batchText = ({ from, to, of }: Batch): string =>
  `${from + 1 === to ? '' : `${String(from + 1)} to `}${String(to)} of ${String(of)}`;
