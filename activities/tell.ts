import { Context } from '@temporalio/activity';
import {
  askedNotice,
  closedNotice,
  driftNotice,
  endNotice,
  eventOf,
  incidentNotice,
  verifiedNotice,
  type Written,
} from '../src/domain/notices.js';
import { deploymentIn } from '../src/domain/environments.js';
import type { DeploymentEnd } from '../src/domain/aftermath.js';
import type { GateState } from '../src/domain/gate.js';
import type { Incident, Verification } from '../src/domain/incident.js';
import { targetId, type Subject } from '../src/domain/ids.js';
import {
  isTrouble,
  messagesOf,
  remindOf,
  remindUnread,
  type Notice,
  type Remind,
  type Telling,
} from '../src/domain/notification.js';
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
  const rules = await tell(deps, () => ({
    ...{ key: keyed('gate.opened'), about: aboutGate(gate) },
    notice: askedNotice(written(subject), { ...gate, ...expires }),
  }));
  const event = eventOf(gate.question);
  const expiring = expiresAfterMs === undefined ? {} : { expiresAfterMs };
  if (rules === 'unread') return remindUnread(event, expiresAfterMs);
  return rules && remindOf(rules.policy, subject.environment, event, { ...expiring, named: rules.named });
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

/** Tells of an incident that was declared. */
export const tellOpened = (deps: TellDeps, incident: Incident, key: string): Promise<unknown> =>
  tell(deps, () => ({ key, about: incident.id, notice: incidentNotice(ofIncident(incident), incident) }));

/** Tells what was found after it. */
export async function tellVerified(deps: TellDeps, incident: Incident, found: Verification): Promise<void> {
  const about = incident.id;
  const notice = verifiedNotice(ofIncident(incident), incident, found);
  await tell(
    deps,
    () => ({ key: keyed('incident.verified'), about, notice }),
    notice.closes === true ? about : undefined,
  );
}
const ofIncident = (incident: Incident): Written => ({ ...written(incident), workflow: targetId(incident) });

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

/** Who hears: as the policy says, and as the service has named them. */
interface Hearing {
  readonly policy: Policy;
  readonly named: readonly string[];
}

/**
 * Puts what people are to hear into the outbox, and has it sent without waiting for that. What cannot be put is said in the worker's log:
 * neither a run nor a way back depends on it. Gives who it went by; nobody where the policy has no channels.
 */
async function tell(
  { store, policy, courier }: TellDeps,
  telling: () => Telling,
  over?: string,
): Promise<Hearing | 'unread' | undefined> {
  let hearing: Hearing | 'unread' | undefined = 'unread';
  try {
    const rules = await policy?.();
    if (rules?.notifications === undefined) return undefined;
    const said = telling();
    const { named } = (hearing = { policy: rules, named: await namedFor(store, said.notice) });
    const messages = messagesOf(rules, said, named);
    if (messages.length === 0 && over === undefined) return hearing;
    await store.outbox.put(messages, over);
    if (messages.length > 0) courier?.kick();
  } catch (error) {
    Context.current().log.warn('people could not be told', { why: String(error) });
  }
  return hearing;
}

/** The channels that the service names in the plan of what a notice is about; of its target, in that of the newest deployment. */
async function namedFor(
  { deployments, runs }: Pick<ControlDeps['store'], 'deployments' | 'runs'>,
  { event, workflow, service, environment }: Notice,
): Promise<readonly string[]> {
  if (!isTrouble(event)) return [];
  const deployment = await deployments.find(workflow);
  const run = deployment === undefined ? await runs.find(workflow) : undefined;
  if (run !== undefined) return deploymentIn(run.plan, environment)?.notificationChannels ?? [];
  const of = deployment ?? (await deployments.list({ service, environment, limit: 1 }))[0];
  return of?.plan.notificationChannels ?? [];
}
