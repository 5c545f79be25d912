import { targetKey } from '../domain/ids.js';
import type { Routed } from './routing.js';
import type { TargetName } from './state.js';

/**
 * Whose requests still tell something of a release: users, by bucket, who have had no error since their split got its salt. One whose every
 * request fails, whatever serves them, counts once. Another salt is another deployment and begins anew, as a start of the gateway does.
 */
export class AtRisk {
  readonly #failed = new Map<string, { readonly salt: string; readonly buckets: Set<number> }>();

  /** Users are told apart by `salt` from here on. */
  begin(target: TargetName, salt: string): void {
    const key = targetKey(target);
    if (this.#failed.get(key)?.salt !== salt) this.#failed.set(key, { salt, buckets: new Set() });
  }

  /** Whether a request that has ended counts; one that failed is the last of its bucket that does. One of an earlier split does not. */
  counts(target: TargetName, { salt, bucket }: NonNullable<Routed['user']>, failed: boolean): boolean {
    const of = this.#failed.get(targetKey(target));
    if (of?.salt !== salt || of.buckets.has(bucket)) return false;
    if (failed) of.buckets.add(bucket);
    return true;
  }

  forget(target: TargetName): void {
    this.#failed.delete(targetKey(target));
  }
}
