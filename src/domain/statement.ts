import type { Digest } from './release.js';

/** A person as the policy knows them; asserted, not proved, while `signature` is `none`. */
export type Person = string;

export type Verb = 'run' | 'approve' | 'reject' | 'rollback' | 'abort';

/**
 * What a person asks for, on what, until when. `nonce` makes it good for one message only.
 * `signature: 'none'` is taken only where the environment's policy says `identity: asserted`.
 */
export interface Statement {
  readonly person: Person;
  readonly verb: Verb;
  /** Decision hash for approve and reject; plan hash for run; workflow id for rollback and abort. */
  readonly on: Digest | string;
  readonly reason?: string;
  /** ISO instant of making it, and after which it counts no more. */
  readonly at: string;
  readonly until: string;
  readonly nonce: string;
  readonly signature: 'none';
}
