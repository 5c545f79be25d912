import type { FailureType } from '../../domain/failures.js';
import { ShipwayError, whyOf } from '../../errors.js';
import type { Named } from './agreed.js';

/** A router, and what it failed with. */
export interface NotFollowed {
  readonly one: Named;
  readonly error: unknown;
}
interface Said {
  /** What became of the other one. */
  readonly rest?: string;
  /** What they did not do; absent: follow. */
  readonly did?: string;
  /** Absent: what they failed with. */
  readonly type?: FailureType;
}

/**
 * The failure of what two routers were to do together: it names who did not follow, and `rest` says what became of the other one. While
 * one does not answer it is tried again, whatever the other one refuses. What is no failure of a router stays what it is.
 */
export function notFollowed(
  failures: readonly NotFollowed[],
  { rest = '', did = 'does not follow', type }: Said = {},
): Error {
  const errors = failures.map(({ error }) => error);
  const foreign = errors.find((error) => !(error instanceof ShipwayError));
  if (foreign !== undefined)
    return foreign instanceof Error ? foreign : new Error('a router failed', { cause: foreign });
  const known = errors as readonly ShipwayError[];
  const first = known.find((error) => error.type === 'router.unavailable') ?? known[0];
  const said = failures.map(({ one, error }) => `${one.name} ${did}: ${whyOf(error)}`);
  return new ShipwayError(
    type ?? first?.type ?? 'router.unavailable',
    [...said, ...(rest === '' ? [] : [rest])].join('; '),
    { cause: first },
  );
}

/** Of what each was asked, those that have failed. */
export const failuresOf = (
  asked: readonly Named[],
  ends: readonly PromiseSettledResult<unknown>[],
): readonly NotFollowed[] =>
  asked.flatMap((one, i) => {
    const end = ends[i];
    return end?.status === 'rejected' ? [{ one, error: end.reason as unknown }] : [];
  });
