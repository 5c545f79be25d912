import { Context } from '@temporalio/activity';
import type { AuditEntry } from '../src/domain/audit.js';
import { deploymentIn } from '../src/domain/environments.js';
import type { GateState, Question } from '../src/domain/gate.js';
import type { Subject } from '../src/domain/ids.js';
import type { AskedSettings } from '../src/domain/decision.js';
import type { DeploymentPlan, Plan } from '../src/domain/plan.js';
import { secretText } from '../src/domain/secrets.js';
import { barredFrom } from '../src/domain/policy.js';
import type { Digest, Evidence, Release } from '../src/domain/release.js';
import { markOn, type HoldMark } from '../src/domain/target.js';
import { stepsText } from '../src/domain/strategy.js';
import { digestOf } from '../src/hash.js';
import { entry, self, subjectOf } from './audit.js';
import type { ControlDeps } from './deps.js';
import { tellAsked, tellClosed, type TellDeps } from './tell.js';
import { presentDecision, settingsAsked } from './decision.js';
import { policyOf } from './policy.js';
import { refuseLacking } from './required-evidence.js';
import { resolved } from './resolved.js';

export interface OpenGateInput {
  readonly plan: Plan;
  /** Of those that the plan leads through; absent: the last. */
  readonly environment?: string;
  readonly planHash: Digest;
  readonly release: Release;
  readonly evidence: readonly Evidence[];
  readonly requestedBy: string;
  readonly run: string;
}

/**
 * The approval gate as the policy has it now, for the decision as it stands now; where the policy asks nobody, it is closed already.
 * When it expires is the workflow's clock's business. Fails with `evidence.missing`, `policy.unknown_environment`, `strategy.unknown`,
 * `strategy.invalid`.
 */
export const openGate =
  (deps: Pick<ControlDeps, 'store' | 'policy' | 'secrets' | 'strategies' | 'courier'>) =>
  async ({
    plan,
    environment = plan.environment,
    planHash,
    release,
    evidence,
    requestedBy,
    run,
  }: OpenGateInput): Promise<{ gate: GateState; expiresAfterMs: number }> => {
    const { store } = deps;
    const subject = subjectOf(plan, environment);
    const rules = (await policyOf(deps.policy, environment)).approvals;
    refuseLacking(rules, environment, release, evidence);
    const { live, holdMarks = [] } = (await store.targets.load(subject)) ?? {};
    const asked = deploymentIn(plan, environment);
    const deployment = asked && (await resolved(deps, { ...subject, commit: plan.commit }, asked, live));
    const settings = deployment && (await settingsAsked(deps, deployment, { ...subject, live }));
    const decision = presentDecision({ planHash, environment, release, evidence, ...settings }, live, rules);
    const changes = shownOf(
      live === undefined ? secretLines(settings) : [...downtimeLines(deployment), ...changeLines(settings)],
    );
    const gate: GateState = {
      id: `${run}/${decision.slice(0, 12)}`,
      question: 'approval',
      title: `${plan.service} ${plan.version} → ${environment}, replaces ${live?.release.version ?? 'nothing'}${despite(plan, deployment, release, holdMarks)}`,
      ...(changes.length === 0 ? {} : { changes }),
      decision,
      required: rules.requiredApprovals,
      barred: barredFrom(rules, requestedBy, plan),
      answers: [],
      verdict: rules.requiredApprovals === 0 ? 'approved' : 'open',
    };
    await store.audit.append([
      openedEntry(subject, gate, run),
      ...(gate.verdict === 'open' ? [] : [closing(subject, gate)]),
    ]);
    const remind = await tellAsked(deps, subject, gate, rules.expiresAfterMs);
    return { gate: { ...gate, ...(remind && { remind }) }, expiresAfterMs: rules.expiresAfterMs };
  };

function openedEntry(
  subject: Subject,
  { question, decision, required, changes }: GateState,
  run: string,
): AuditEntry {
  return entry(subject, 'gate.opened', {
    ...{ question, decision, required, run },
    ...(changes === undefined ? {} : { changes }),
  });
}

/** What an approver sees of the changes: as much as a view can hold. The decision binds all of them. */
function shownOf(all: readonly string[] = []): readonly string[] {
  const more = all.length - MOST_CHANGES;
  const shown = all.slice(0, MOST_CHANGES).map((line) => line.slice(0, MOST_SAID));
  return more > 0 ? [...shown, `and ${String(more)} more`] : shown;
}
const MOST_CHANGES = 30;

/** The steps of a strategy of one's own are told first, all of them, also where they are those of before. */
const changeLines = ({ changes = [], steps }: AskedSettings = {}): readonly string[] =>
  steps === undefined ? changes : [...wrapped(`steps: ${stepsText(steps)}`), ...changes];

/** Who approves is to know that users will notice, also where that is as it was before. */
const downtimeLines = (deployment: DeploymentPlan | undefined): readonly string[] =>
  deployment?.strategy.kind === 'in_place'
    ? ['downtime: nothing serves from the stop of what is live to the first healthy instance of this']
    : [];

/** As lines that are not cut, broken after commas. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  for (const part of text.split(/(?<=, )/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + part.length > MOST_SAID) lines.push(part);
    else lines[lines.length - 1] = last + part;
  }
  return lines.map((line) => line.trim());
}

/** A first deployment changes everything; its secrets are not in the plan that its approver has. */
const secretLines = (settings: AskedSettings = {}): readonly string[] =>
  Object.entries(settings.secrets ?? {}).map(([name, of]) => `${name}: secret ${secretText(of)}`);

/** Who approves what rules sent back before is to see that, and why it is shipped all the same. */
function despite(
  plan: Plan,
  deployment: DeploymentPlan | undefined,
  { digest }: Release,
  marks: readonly HoldMark[],
): string {
  const held = deployment === undefined ? undefined : markOn(marks, digest, deployment.configuration);
  return held === undefined
    ? ''
    : `, although it is held (${held.reason.slice(0, MOST_SAID)}): ${(plan.despiteHold ?? '').slice(0, MOST_SAID)}`;
}
const MOST_SAID = 200;

/** A question to whoever looks after the deployment; it waits until it is answered. */
export const openQuestion =
  (deps: TellDeps) =>
  async (input: Subject & { readonly question: Question; readonly title: string }): Promise<GateState> => {
    const { workflowExecution, activityId } = Context.current().info;
    const decision = digestOf({ workflow: workflowExecution?.workflowId, activityId, title: input.title });
    await deps.store.audit.append([
      entry(input, 'gate.opened', { question: input.question, decision, title: input.title }),
    ]);
    const gate: GateState = {
      id: decision.slice(0, 12),
      question: input.question,
      title: input.title,
      decision,
      required: 1,
      barred: [],
      answers: [],
      verdict: 'open',
    };
    const remind = await tellAsked(deps, input, gate);
    return { ...gate, ...(remind && { remind }) };
  };

/** `once`: tried in two ways, with the same of these it is one end. */
export const closeGate =
  (deps: TellDeps) =>
  async ({
    gate,
    once,
    ...subject
  }: Subject & { readonly gate: GateState; readonly once?: string }): Promise<void> => {
    const closed = closing(subject, gate, once);
    await deps.store.audit.append([closed]);
    await tellClosed(deps, subject, gate, closed.key);
  };

const closing = (
  subject: Subject,
  { question, decision, verdict, answers }: GateState,
  once?: string,
): AuditEntry => {
  const by = answers.map((a) => `${a.verb} ${a.person}`);
  const key = once === undefined ? {} : { key: `${self()}/${once}/gate.closed` };
  return entry(subject, 'gate.closed', { question, decision, verdict, by }, key);
};
