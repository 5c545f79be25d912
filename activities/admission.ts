import { recoveryFrom, type Recovery } from '../src/domain/aftermath.js';
import type { AuditEntry } from '../src/domain/audit.js';
import { FAILURES } from '../src/domain/failures.js';
import { deploymentId, targetId, type TargetRef } from '../src/domain/ids.js';
import type { Cause, DeploymentInput } from '../src/domain/inputs.js';
import type { Statement } from '../src/domain/statement.js';
import type { Permit } from '../src/domain/permit.js';
import type { DeploymentRow } from '../src/domain/store.js';
import { idleSlot, markOn, refusalAnswer, type TargetState } from '../src/domain/target.js';
import { ShipwayError } from '../src/errors.js';
import { digestOf } from '../src/hash.js';
import { entry, self } from './audit.js';
import { coveredBy } from './covered.js';
import { leftBehind } from './left-behind.js';
import { broughtBack } from './brought-back.js';
import type { ControlDeps } from './deps.js';
import { verifyRequest, wasVerified } from './request-checks.js';
import { withRecord } from './target-record.js';

export interface AdmitInput extends TargetRef {
  /** The number the target expects; a recovery is known again by it. */
  readonly n: number;
  readonly requestId: string;
  readonly cause: Cause;
}
type Deps = Pick<
  ControlDeps,
  'store' | 'policy' | 'host' | 'client' | 'artifacts' | 'secrets' | 'strategies'
>;

/**
 * Admits one deployment of a target: verifies what asks for it, and writes permit, row, the next number and the audit's entry in one
 * transaction before anything moves. Only a target's own workflow may ask. Repeating it for the same request gives the same admission.
 * A request to deploy that is refused has that answer for good.
 * Fails with `permit.missing`, `request.mismatch`, `request.abandoned`, `approval.missing`, `decision.changed`, `decision.outdated`,
 * `release.held`, `release.taken_back`, `run.outdated`, `secret.missing`, `statement.refused`, `rollback.impossible`, `policy.unknown_environment`,
 * `strategy.unknown`, `strategy.invalid`, `emergency.over`.
 */
export const admitDeployment =
  (deps: Deps) =>
  async (input: AdmitInput): Promise<DeploymentInput> => {
    const caller = self();
    if (caller !== targetId(input))
      throw new ShipwayError(
        'permit.missing',
        `only ${targetId(input)} admits its deployments, not ${caller ?? ''}`,
      );
    try {
      return await withRecord(deps.store, input, (state) => admit(deps, input, state));
    } catch (error) {
      if (error instanceof ShipwayError && !FAILURES[error.type].retried) await refused(deps, input, error);
      throw error;
    }
  };

/** `undefined`: somebody has saved the target's record since it was read. */
async function admit(
  { store, ...deps }: Deps,
  input: AdmitInput,
  state: TargetState,
): Promise<DeploymentInput | undefined> {
  const before = await earlier(store, input);
  if (before !== undefined) return again({ store }, input, state, before);
  const n = Math.max(state.nextN, (await store.deployments.lastNumber(input)) + 1);
  const resolved = await resolve({ store, ...deps }, input, state, n);
  const admitted = { ...resolved, ...(await leftBehind({ store, ...deps }, state, resolved)) };
  const overridden = await overriding({ store }, input, admitted, state);
  const done = await store.deployments.admit({
    row: rowOf(admitted, n),
    permit: permitFor(input, admitted),
    state: { ...state, nextN: n + 1, ...(admitted.host === undefined ? {} : { host: admitted.host }) },
    entries: [admission(input, admitted), ...overridden],
  });
  return done ? admitted : undefined;
}

/** A deployment or rollback is one request; a recovery that was lost itself is followed by another one of the same request. */
async function earlier(store: Deps['store'], input: AdmitInput): Promise<DeploymentRow | undefined> {
  if (input.cause.kind !== 'recover') return store.deployments.findByRequest(input, input.requestId);
  const row = await store.deployments.find(deploymentId(input, input.n));
  return row?.requestId === input.requestId ? row : undefined;
}

/** What was admitted is not judged again: rules that have changed meanwhile are for the next one. */
async function again(
  deps: Pick<Deps, 'store'>,
  input: AdmitInput,
  state: TargetState,
  row: DeploymentRow,
): Promise<DeploymentInput> {
  return {
    ...common(row),
    ...(state.host === undefined ? {} : { host: state.host }),
    ...(input.cause.kind === 'recover' ? await recoveryOf(deps, input.cause.lost, state) : beside(state)),
  };
}

async function refused({ store }: Deps, input: AdmitInput, error: ShipwayError): Promise<void> {
  const { cause, requestId } = input;
  if (cause.kind !== 'deploy') return;
  const { type, message } = error;
  await store.requests.settle(input, requestId, refusalAnswer(type, message));
  const subject = { ...input, version: cause.request.release.version };
  await store.audit.append([entry(subject, 'request.refused', { request: requestId, type, why: message })]);
}

function permitFor({ service, environment, cause }: AdmitInput, admitted: DeploymentInput): Permit {
  const request = cause.kind === 'deploy' ? cause.request : undefined;
  return {
    deployment: admitted.id,
    target: { service, environment },
    ...(request?.approval === undefined ? {} : { decision: request.approval.decision }),
    statements: statementsOf(cause),
    planHash: request?.planHash ?? digestOf(admitted.plan),
    covers: coveredBy(admitted),
    grantedAt: new Date().toISOString(),
  };
}

const admission = (input: AdmitInput, admitted: DeploymentInput): AuditEntry =>
  entry(
    { ...input, version: admitted.release.version },
    'deployment.admitted',
    {
      deployment: admitted.id,
      kind: admitted.kind,
      release: admitted.release.digest,
      replaces: admitted.replaces?.release.digest ?? 'none',
      approved_by: statementsOf(input.cause).map((s) => s.person),
      ...(admitted.leftBehind === undefined ? {} : { left_behind: admitted.leftBehind }),
      ...(admitted.leftOn === undefined ? {} : { turns_off: admitted.leftOn.map(({ flag }) => flag) }),
    },
    { user: admitted.requestedBy },
  );

/** What is recorded when a held release is shipped all the same, because the plan of its run says why. */
async function overriding(
  { store }: Pick<Deps, 'store'>,
  input: AdmitInput,
  { id, release, plan, requestedBy }: DeploymentInput,
  { holdMarks }: TargetState,
): Promise<readonly AuditEntry[]> {
  const { cause } = input;
  const held = markOn(holdMarks, release.digest, plan.configuration);
  if (held === undefined || cause.kind !== 'deploy') return [];
  const why = (await store.runs.find(cause.request.pipeline))?.plan.despiteHold ?? '';
  const details = {
    deployment: id,
    release: release.digest,
    why,
    held_by: held.deployment,
    held_for: held.reason,
  };
  return [entry({ ...input, version: release.version }, 'hold.overridden', details, { user: requestedBy })];
}

const beside = (state: TargetState): Pick<DeploymentInput, 'candidate' | 'replaces'> => ({
  candidate: idleSlot(state.live),
  ...(state.live === undefined ? {} : { replaces: state.live }),
});

async function resolve(
  deps: Deps,
  input: AdmitInput,
  state: TargetState,
  n: number,
): Promise<DeploymentInput> {
  const { service, environment, requestId, cause } = input;
  const named = { service, environment, id: deploymentId(input, n), kind: cause.kind, requestId };
  const base = { ...named, host: state.host ?? deps.host };
  switch (cause.kind) {
    case 'deploy': {
      const { run, plan } = await verifyRequest(deps, cause.request, state);
      const { release } = cause.request;
      return { ...base, ...beside(state), requestedBy: run.requestedBy, run: run.run, release, plan };
    }
    case 'rollback': {
      const { statement } = cause.request;
      if (!(await wasVerified(deps, statement, targetId(input))))
        throw new ShipwayError('statement.refused', 'the statement for this rollback was never verified');
      const back = await broughtBack(deps, state, cause.request);
      return { ...base, ...beside(state), requestedBy: statement.person, ...back };
    }
    case 'recover':
      return { ...base, requestedBy: 'shipway', ...(await recoveryOf(deps, cause.lost, state)) };
  }
}

/** Fails with `request.unknown` when the store knows nothing of it. */
async function recoveryOf(
  { store }: Pick<Deps, 'store'>,
  lost: string,
  state: TargetState,
): Promise<Recovery> {
  const row = await store.deployments.find(lost);
  if (row === undefined) throw new ShipwayError('request.unknown', `${lost} is not in the store`);
  return recoveryFrom(state, row);
}

const rowOf = (admitted: DeploymentInput, n: number): DeploymentRow => ({
  ...common(admitted),
  n,
  ...(admitted.replaces === undefined ? {} : { replaces: admitted.replaces.release }),
  startedAt: new Date().toISOString(),
});

/** What an admission and its row have the same. */
function common(of: DeploymentInput | DeploymentRow) {
  const { service, environment, id, kind, requestId, requestedBy, run, release, plan } = of;
  const { leftBehind, leftOn } = of;
  return {
    ...{ service, environment, id, kind, requestId, requestedBy, release, plan },
    ...(run === undefined ? {} : { run }),
    ...(leftBehind === undefined ? {} : { leftBehind }),
    ...(leftOn === undefined ? {} : { leftOn }),
  };
}

function statementsOf(cause: Cause): readonly Statement[] {
  switch (cause.kind) {
    case 'deploy':
      return cause.request.approval?.statements ?? [];
    case 'rollback':
      return [cause.request.statement];
    case 'recover':
      return [];
  }
}
