import { Context } from '@temporalio/activity';
import {
  askedNotice,
  closedNotice,
  driftNotice,
  endNotice,
  eventOf,
  type Written,
} from '../src/domain/notices.js';
import type { DeploymentEnd } from '../src/domain/aftermath.js';
import type { GateState } from '../src/domain/gate.js';
import { targetId, type Subject } from '../src/domain/ids.js';
import { messagesOf, remindOf, remindUnread, type Remind, type Telling } from '../src/domain/notification.js';
import type { Policy } from '../src/domain/policy.js';
import type { DeploymentRow } from '../src/domain/store.js';
import { entry, self } from './audit.js';
import type { ControlDeps } from './deps.js';

/** What telling people needs; they are told nothing where it is not there. */
export type TellDeps = Pick<ControlDeps, 'store'> & Partial<Pick<ControlDeps, 'policy' | 'courier'>>;

/** Tells who hears of it that a question has been opened, and when they are to be told again. */
export async function tellAsked(
  deps: TellDeps,
  subject: Subject,
  gate: GateState,
  expiresAfterMs?: number,
): Promise<Remind | undefined> {
  if (gate.verdict !== 'open') return undefined;
  const expires = expiresAfterMs === undefined ? {} : { expiresAt: Date.now() + expiresAfterMs };
  const policy = await tell(deps, () => ({
    ...{ key: keyed('gate.opened'), about: aboutGate(gate) },
    notice: askedNotice(written(subject), { ...gate, ...expires }),
  }));
  const event = eventOf(gate.question);
  if (policy === 'unread') return remindUnread(event);
  return policy && remindOf(policy, subject.environment, event, expiresAfterMs);
}

/** Tells that a question is over: alarms about it are closed, and what has not gone out about it never does. */
export const tellClosed = (
  deps: TellDeps,
  subject: Subject,
  gate: GateState,
  key: string,
): Promise<unknown> =>
  tell(
    deps,
    () => ({
      ...{ key, about: aboutGate(gate) },
      notice: closedNotice(written(subject), gate),
    }),
    aboutGate(gate),
  );

/** Tells once more that a question still waits. Never fails: nothing depends on it. */
export const remindOfGate =
  (deps: TellDeps) =>
  async ({ gate, ...subject }: Subject & { readonly gate: GateState }): Promise<void> => {
    await tell(deps, () => ({
      ...{ key: keyed('gate.waiting'), about: aboutGate(gate), repeats: true },
      notice: askedNotice(written(subject), gate, true),
    }));
  };

/** Tells how a deployment has ended. */
export async function tellEnd(
  deps: TellDeps,
  { id, kind, requestedBy: by, release, service, environment }: DeploymentRow,
  end: Pick<DeploymentEnd, 'outcome' | 'reason'>,
): Promise<void> {
  const of = { ...written({ service, environment, version: release.version }), workflow: id };
  const notice = kind === 'recover' ? undefined : endNotice(of, { ...end, kind, by });
  if (notice !== undefined) await tell(deps, () => ({ key: `${id}/ended`, about: id, notice }));
}

/** Tells what is not as recorded at a target, or that it is again. */
export async function tellDrift(deps: TellDeps, subject: Subject, found: readonly string[]): Promise<void> {
  const workflow = targetId(subject);
  const about = `${workflow}/drift`;
  await tell(
    deps,
    () => ({
      ...{ key: keyed('drift'), about },
      notice: driftNotice({ ...written(subject), workflow }, found),
    }),
    found.length === 0 ? about : undefined,
  );
}

const aboutGate = ({ id }: GateState): string => `${self()}/${id}`;
const written = ({ service, environment, version }: Subject): Written => ({
  ...{ service, environment, version, workflow: self(), at: new Date().toISOString() },
});
/** Of this activity, however often it is tried. */
const keyed = (event: string): string => entry({ service: '', environment: '', version: '' }, event, {}).key;

/**
 * Puts what people are to hear into the outbox, and has it sent without waiting for that. What cannot be put is said in the worker's log:
 * neither a run nor a way back depends on it. Gives the policy that it went by.
 */
async function tell(
  { store, policy, courier }: TellDeps,
  telling: () => Telling,
  over?: string,
): Promise<Policy | 'unread' | undefined> {
  let rules: Policy | 'unread' | undefined = 'unread';
  try {
    rules = await policy?.();
    if (rules?.notifications === undefined) return undefined;
    const messages = messagesOf(rules, telling());
    if (messages.length === 0 && over === undefined) return rules;
    await store.outbox.put(messages, over);
    if (messages.length > 0) courier?.kick();
  } catch (error) {
    Context.current().log.warn('people could not be told', { why: String(error) });
  }
  return rules;
}
