import { ShipwayError } from '../../errors.js';
import type { Named } from './agreed.js';

/** A router, and what it failed with. */
export interface NotFollowed {
  readonly one: Named;
  readonly error: unknown;
}

/**
 * The failure of what two routers were to do together: it names who did not follow, and `rest` says what became of the other one. While
 * one does not answer it is tried again, whatever the other one refuses. What is no failure of a router stays what it is.
 */
export function notFollowed(failures: readonly NotFollowed[], rest = ''): Error {
  const errors = failures.map(({ error }) => error);
  const foreign = errors.find((error) => !(error instanceof ShipwayError));
  if (foreign !== undefined)
    return foreign instanceof Error ? foreign : new Error('a router failed', { cause: foreign });
  const known = errors as readonly ShipwayError[];
  const first = known.find(({ type }) => type === 'router.unavailable') ?? known[0];
  const said = failures.map(({ one, error }) => `${one.name} does not follow: ${whyOf(error)}`);
  return new ShipwayError(
    first?.type ?? 'router.unavailable',
    [...said, ...(rest === '' ? [] : [rest])].join('; '),
    { cause: first },
  );
}

export const whyOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
