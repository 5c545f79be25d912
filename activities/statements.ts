import type { Subject } from '../src/domain/ids.js';
import type { AuditEntry } from '../src/domain/audit.js';
import { answerOf, refusal, type Answer, type GateState } from '../src/domain/gate.js';
import { malformed, outOfTime, type Statement } from '../src/domain/statement.js';
import { digestOf } from '../src/hash.js';
import { entry, self } from './audit.js';
import type { ControlDeps } from './deps.js';
import { policyOf } from './policy.js';

export interface VerifyInput extends Subject {
  readonly statement: Statement;
  readonly gate?: GateState;
  /** When (epoch ms) the workflow went back on its word, without waiting for this: what is written of it now is marked late. */
  readonly actedAt?: number;
}
export type Verified =
  | { readonly status: 'accepted'; readonly answer: Answer }
  | { readonly status: 'refused'; readonly message: string };

/**
 * Whether a statement counts: its form, its time, the environment's way of knowing people, and that nobody used its nonce before.
 * What became of it is audited either way. Safe to retry: the same message claims the same nonce.
 */
export const verifyStatement =
  ({ store, policy }: Pick<ControlDeps, 'store' | 'policy'>) =>
  async (input: VerifyInput): Promise<Verified> => {
    const { statement, gate, actedAt } = input;
    await policyOf(policy, input.environment);
    const at = actedAt ?? Date.now();
    const why = unfit(statement, at) ?? (gate && refusal(gate, statement)) ?? (await used(store, statement));
    if (why !== undefined) {
      await store.audit.append([refusedEntry(input, statement, why, actedAt)]);
      return { status: 'refused', message: why };
    }
    await store.audit.append([acceptedEntry(input, statement, gate?.question, actedAt)]);
    return { status: 'accepted', answer: answerOf(statement) };
  };

export const USED = 'this statement has been used before; make a new one';

/** Why a statement does not count, whatever it is for: its form, or its time as it was at `at` (epoch ms). */
export const unfit = (statement: Statement, at = Date.now()): string | undefined =>
  malformed(statement) ?? outOfTime(statement, at);

/** What a nonce is good for. */
export const messageOf = ({ verb, person, on, at, to }: Statement): string =>
  `${verb}/${person}/${on}/${at}${to === undefined ? '' : `/${String(to)}`}`;

const detailsOf = ({ verb, on, reason, to }: Statement) => ({
  ...{ verb, on, reason: reason ?? '' },
  ...(to === undefined ? {} : { to }),
});

export const acceptedEntry = (
  subject: Subject,
  statement: Statement,
  gate = '',
  actedAt?: number,
): AuditEntry => said(subject, statement, actedAt, 'accepted', { ...detailsOf(statement), gate });

export const refusedEntry = (
  subject: Subject,
  statement: Statement,
  why: string,
  actedAt?: number,
): AuditEntry =>
  said(subject, statement, actedAt, 'refused', {
    ...{ ...detailsOf(statement), why },
    ...(actedAt === undefined ? {} : { acted_on: true }),
  });

/**
 * Its key is of the message, not of the activity: tried in two ways it is one entry. Refused it is of all that was said, because a
 * nonce that was used before may come with anything.
 */
function said(
  { service, environment, version }: Subject,
  statement: Statement,
  actedAt: number | undefined,
  became: 'accepted' | 'refused',
  details: AuditEntry['details'],
): AuditEntry {
  const workflow = self();
  const which = became === 'accepted' ? statement.nonce : digestOf({ ...statement });
  const event = `statement.${became}`;
  return entry({ service, environment, version }, event, details, {
    user: statement.person,
    statement,
    key: `${workflow}/${which}/${event}`,
    ...(actedAt === undefined ? {} : { late: true, timestamp: new Date(actedAt).toISOString() }),
  });
}

async function used(store: ControlDeps['store'], statement: Statement): Promise<string | undefined> {
  const workflow = self();
  const claim = await store.nonces.claim(statement.nonce, workflow, messageOf(statement));
  return claim === 'taken' ? USED : undefined;
}

/** A signal that was refused before it was verified leaves an entry too. */
export const recordRefusal =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async (input: Subject & { readonly statement: string; readonly why: string }): Promise<void> => {
    await store.audit.append([
      entry(input, 'statement.refused', { statement: input.statement, why: input.why }),
    ]);
  };
