import { FULL, type Share, type UserKey } from '../src/domain/plan.js';
import type { Split } from '../src/domain/ports.js';
import type { EffectInput } from './effect.js';
import { self } from './audit.js';

/** The candidate has `share` and stable the rest. The salt is the deployment's own id: a new deployment draws its users anew, one never does. */
export function splitFor(i: EffectInput & { userKey: readonly UserKey[] }, share: Share): Split {
  return {
    shares:
      i.stable === undefined ? { [i.candidate]: FULL } : { [i.candidate]: share, [i.stable]: FULL - share },
    candidate: i.candidate,
    salt: self(),
    userKey: i.userKey,
  };
}
