import { Context } from '@temporalio/activity';
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
    const why =
      malformed(statement) ??
      outOfTime(statement) ??
      (gate && refusal(gate, statement)) ??
      (await used(store, statement));
    const details = { verb: statement.verb, on: statement.on, reason: statement.reason ?? '' };
    const more = { user: statement.person, statement };
    if (why !== undefined) {
      await store.audit.append([entry(input, 'statement.refused', { ...details, why }, more)]);
      return { status: 'refused', message: why };
    }
    await store.audit.append([
      entry(input, 'statement.accepted', { ...details, gate: gate?.question ?? '' }, more),
    ]);
    const verb = statement.verb === 'reject' ? 'reject' : 'approve';
    const reason = statement.reason === undefined ? {} : { reason: statement.reason };
    return { status: 'accepted', answer: { person: statement.person, verb, at: statement.at, ...reason } };
  };

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
  const message = `${statement.verb}/${statement.person}/${statement.on}/${statement.at}`;
  const claim = await store.nonces.claim(statement.nonce, workflow, message);
  return claim === 'taken' ? 'this statement has been used before; make a new one' : undefined;
}

/** A signal that was refused before it was verified leaves an entry too. */
export const recordRefusal =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async (input: Subject & { readonly statement: string; readonly why: string }): Promise<void> => {
    await store.audit.append([
      entry(input, 'statement.refused', { statement: input.statement, why: input.why }),
    ]);
  };
