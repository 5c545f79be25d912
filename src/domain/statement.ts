/** A person as the policy knows them; asserted, not proved, while `signature` is `none`. */
export type Person = string;

const VERBS = [
  ...(['run', 'approve', 'reject', 'rollback', 'abort', 'pause', 'promote', 'skip', 'adopt'] as const),
  ...(['set_secret', 'remove_secret', 'set_flag'] as const),
] as const;

export type Verb = (typeof VERBS)[number];

/**
 * What a person asks for, on what, until when. `nonce` makes it good for one message only.
 * `signature: 'none'` is taken only where the environment's policy says `identity: asserted`.
 */
export interface Statement {
  readonly person: Person;
  readonly verb: Verb;
  /** Decision hash for approve and reject; plan hash for run; of what is said about a secret or a flag, its digest; workflow id for all else. */
  readonly on: string;
  /** Of a promotion, the share to go to, in basis points; absent: all. */
  readonly to?: number;
  readonly reason?: string;
  /** ISO instant of making it, and after which it counts no more. */
  readonly at: string;
  readonly until: string;
  readonly nonce: string;
  readonly signature: 'none';
}

/** Characters of a reason, wherever a person gives one. */
export const MOST_REASON = 2_000;

/** Why something that came in a message is no statement at all, or `undefined` when it has the shape of one. */
export function malformed(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'a statement is an object';
  const s = value as Record<string, unknown>;
  for (const field of ['person', 'verb', 'on', 'at', 'until', 'nonce'])
    if (typeof s[field] !== 'string' || s[field] === '' || s[field].length > 200)
      return `a statement needs the text field ${field} (1 to 200 characters)`;
  if (!VERBS.some((verb) => verb === s['verb'])) return `a statement's verb is one of ${VERBS.join(', ')}`;
  if (s['signature'] !== 'none') return "a statement's signature is none while people are asserted";
  if (s['reason'] !== undefined && (typeof s['reason'] !== 'string' || s['reason'].length > MOST_REASON))
    return `a statement's reason is a text of at most ${String(MOST_REASON)} characters`;
  if (s['to'] !== undefined && typeof s['to'] !== 'number') return "a statement's to is a number";
  if (Number.isNaN(Date.parse(s['at'] as string)) || Number.isNaN(Date.parse(s['until'] as string)))
    return 'at and until are ISO instants';
  return undefined;
}

/** Why a statement is not what is taken here: of another verb, or about something else. */
export function misdirected(statement: Statement, verb: Verb, on: string): string | undefined {
  if (statement.verb !== verb) return `this takes a statement with verb ${verb}, not ${statement.verb}`;
  return statement.on === on ? undefined : `the statement is about ${statement.on}, not about ${on}`;
}

const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** Why a well-formed statement does not count at `now`, or `undefined` when its time is right. */
export function outOfTime(statement: Statement, now: number): string | undefined {
  if (Date.parse(statement.until) < now)
    return `the statement was good until ${statement.until}; make a new one`;
  if (Date.parse(statement.at) > now + CLOCK_TOLERANCE_MS)
    return `the statement was made in the future (${statement.at}); set the clock`;
  return undefined;
}
