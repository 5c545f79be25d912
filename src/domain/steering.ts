import { percent } from './details.js';
import { FULL, type Share } from './plan.js';
import type { Statement, Verb } from './statement.js';

/** What a person may want of a deployment under way, besides going back. */
export const STEERING = ['pause', 'promote', 'skip'] as const satisfies readonly Verb[];
export type Steering = (typeof STEERING)[number];

/** What of a deployment decides whether it can be steered. */
export interface Steerable {
  readonly kind: 'deploy' | 'rollback' | 'recover';
  /**
   * Whose share is raised step by step: of those who are with it, of those who have its flag on, or nobody's. Those who follow its instances
   * are not sent back: there is nothing any more where they came from.
   */
  readonly raises: 'users' | 'instances' | 'flag' | 'nothing';
  /** Of the users whose share that is, or is to be in a moment; where nobody's is, of those who are with it. */
  readonly share: Share;
  /** It is on its way forward. */
  readonly forward: boolean;
  /** A person is asked about it. */
  readonly asking: boolean;
  readonly paused: boolean;
  /** What is waited for now: `canary 5 %`, `bake`. */
  readonly wait?: string;
}

/** Why a deployment does not take this wish now, or `undefined` when it does. */
export function unsteerable(of: Steerable, verb: Steering, to: Share | undefined): string | undefined {
  if (of.kind !== 'deploy') return 'it brings back what served before, which has no steps';
  if (!of.forward) return 'it is not on its way forward any more';
  if (of.asking) return 'it asks what is to become of it: approve or reject';
  switch (verb) {
    case 'pause':
      return of.paused ? 'it is paused already' : undefined;
    case 'skip':
      return of.wait === undefined ? 'it waits for nothing that could be skipped' : undefined;
    case 'promote':
      return unpromotable(of, to ?? FULL);
  }
}

function unpromotable({ raises, share }: Steerable, to: Share): string | undefined {
  const [one, all] =
    raises === 'flag' ? ['has its flag on', 'have its flag on'] : ['is with it', 'are with it'];
  if (share === FULL)
    return `all users ${all} already${to < FULL ? ', which shipway rollback takes back' : ''}`;
  if (raises === 'nothing') return 'its strategy moves all users at once';
  if (share === 0) return `no user ${one} yet: what has not been watched at all is not promoted`;
  return to === share || (to < share && raises === 'instances')
    ? `${percent(share)} of the users ${all} already`
    : undefined;
}

/** Why a promotion is not what its person saw any more: what was to be more would be less, or the other way round. */
export const overtaken = (seen: Share, share: Share, to: Share): string | undefined =>
  Math.sign(to - seen) === Math.sign(to - share)
    ? undefined
    : `its share has become ${percent(share)} meanwhile`;

/** The share that comes next: a person's, else the first step that is above the present one; `undefined` when there is none. */
export const nextShare = (
  steps: readonly Share[],
  share: Share,
  wanted: Share | undefined,
): Share | undefined =>
  wanted !== undefined && wanted !== share ? wanted : steps.find((step) => step > share);

/** Why a statement does not say a share to promote to, or `undefined` when it does, or says none. */
export function wrongShare({ verb, to }: Pick<Statement, 'verb' | 'to'>): string | undefined {
  if (to === undefined) return undefined;
  if (verb !== 'promote') return 'only promote names a share';
  if (to === 0) return `no user at all is no share: try ${NOBODY}`;
  return Number.isInteger(to) && to > 0 && to <= FULL
    ? undefined
    : `a share is a whole number from 1 to ${String(FULL)}`;
}

/** What there is for who wants no user with it. */
export const NOBODY =
  'shipway rollback or shipway abort to send all of them back, shipway pause to let it go no further';
