import { GENESIS, type AuditEntry, type ChainedEntry } from './domain/audit.js';
import { canonical } from './domain/canonical.js';
import type { Digest } from './domain/release.js';
import { sha256 } from './hash.js';

export type ChainVerdict =
  | { readonly ok: true; readonly count: number; readonly head: Digest }
  | { readonly ok: false; readonly seq: number; readonly reason: string };

/** The hash of an entry in its place: sha256 of the hash before it, a line feed, and its canonical text. */
export const chainHash = (previous: Digest, entry: AuditEntry): Digest =>
  sha256(`${previous}\n${canonical(entry)}`);

/**
 * Whether a whole chain, given from its first entry on, is as it was written. Finds entries that were edited, taken out of the
 * middle, put in, or moved, and hashes that were made up. That entries at the end are missing cannot be seen from the chain
 * itself: compare `count` and `head` with what was noted elsewhere.
 */
export async function verifyChain(
  entries: Iterable<ChainedEntry> | AsyncIterable<ChainedEntry>,
): Promise<ChainVerdict> {
  let count = 0;
  let head: Digest = GENESIS;
  for await (const chained of entries) {
    const reason = flaw(chained, count + 1, head);
    if (reason !== undefined) return { ok: false, seq: chained.seq, reason };
    count += 1;
    head = chained.hash;
  }
  return { ok: true, count, head };
}

function flaw(chained: ChainedEntry, expected: number, head: Digest): string | undefined {
  if (chained.seq > expected)
    return `entry ${String(expected)} is missing: ${String(chained.seq)} stands in its place`;
  if (chained.seq < expected)
    return `entry ${String(chained.seq)} stands where ${String(expected)} belongs: entries were moved or repeated`;
  if (chained.previous !== head) return `entry ${String(expected)} does not follow from the entry before it`;
  if (chained.hash !== chainHash(chained.previous, chained.entry))
    return `entry ${String(expected)} was changed: its content does not have its hash`;
  return undefined;
}
