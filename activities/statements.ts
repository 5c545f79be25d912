import { Context } from '@temporalio/activity';
import type { AuditEntry } from '../src/domain/audit.js';
import type { Answer, GateState } from '../src/domain/gate.js';
import { refusal } from '../src/domain/gate.js';
import { malformed, type Statement } from '../src/domain/statement.js';
import { entry, type Subject } from './audit.js';
import type { ControlDeps } from './deps.js';
import { policyOf } from './policy.js';

export interface VerifyInput extends Subject {
  readonly statement: Statement;
  readonly gate?: GateState;
}
export type Verified =
  | { readonly status: 'accepted'; readonly answer: Answer }
  | { readonly status: 'refused'; readonly message: string };

const CLOCK_TOLERANCE_MS = 5 * 60_000;

/**
 * Whether a statement counts: its form, its time, the environment's way of knowing people, and that nobody used its nonce before.
 * What became of it is audited either way. Safe to retry: the same message claims the same nonce.
 */
export const verifyStatement =
  ({ store, policy }: Pick<ControlDeps, 'store' | 'policy'>) =>
  async (input: VerifyInput): Promise<Verified> => {
    const { statement, gate } = input;
    await policyOf(policy, input.environment);
    const why = unfit(statement) ?? (gate && refusal(gate, statement)) ?? (await used(store, statement));
    if (why !== undefined) {
      await store.audit.append([refusedEntry(input, statement, why)]);
      return { status: 'refused', message: why };
    }
    await store.audit.append([acceptedEntry(input, statement, gate?.question)]);
    const verb = statement.verb === 'reject' ? 'reject' : 'approve';
    const reason = statement.reason === undefined ? {} : { reason: statement.reason };
    return { status: 'accepted', answer: { person: statement.person, verb, at: statement.at, ...reason } };
  };

export const USED = 'this statement has been used before; make a new one';

/** Why a statement does not count, whatever it is for: its form, or its time. */
export const unfit = (statement: Statement): string | undefined =>
  malformed(statement) ?? outOfTime(statement);

/** What a nonce is good for. */
export const messageOf = ({ verb, person, on, at }: Statement): string => `${verb}/${person}/${on}/${at}`;

const detailsOf = ({ verb, on, reason }: Statement) => ({ verb, on, reason: reason ?? '' });
export const acceptedEntry = (subject: Subject, statement: Statement, gate = ''): AuditEntry =>
  entry(
    subject,
    'statement.accepted',
    { ...detailsOf(statement), gate },
    { user: statement.person, statement },
  );
export const refusedEntry = (subject: Subject, statement: Statement, why: string): AuditEntry =>
  entry(
    subject,
    'statement.refused',
    { ...detailsOf(statement), why },
    { user: statement.person, statement },
  );

function outOfTime(statement: Statement): string | undefined {
  const now = Date.now();
  if (Date.parse(statement.until) < now)
    return `the statement was good until ${statement.until}; make a new one`;
  if (Date.parse(statement.at) > now + CLOCK_TOLERANCE_MS)
    return `the statement was made in the future (${statement.at}); set the clock`;
  return undefined;
}

async function used(store: ControlDeps['store'], statement: Statement): Promise<string | undefined> {
  const workflow = Context.current().info.workflowExecution?.workflowId ?? '';
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
