import { Context } from '@temporalio/activity';
import { decisionFor } from '../src/domain/decision.js';
import { deploymentId, targetId, type TargetRef } from '../src/domain/ids.js';
import type { Cause, DeploymentInput } from '../src/domain/inputs.js';
import { barredFrom } from '../src/domain/policy.js';
import {
  otherSlot,
  type DeployRequest,
  type Live,
  type RollbackRequest,
  type TargetState,
} from '../src/domain/target.js';
import type { AuditEntry } from '../src/domain/audit.js';
import type { DeploymentRow, Permit } from '../src/domain/store.js';
import type { Statement } from '../src/domain/statement.js';
import { ShipwayError } from '../src/errors.js';
import { digestOf } from '../src/hash.js';
import { entry } from './audit.js';
import type { ControlDeps } from './deps.js';
import { policyOf } from './policy.js';
import { newestGood } from './going-back.js';

export interface AdmitInput extends TargetRef {
  readonly n: number;
  readonly requestId: string;
  readonly cause: Cause;
}
type Deps = Pick<ControlDeps, 'store' | 'policy' | 'host'>;

/**
 * Admits one deployment of a target: verifies what asks for it, and writes permit, row and the next number before anything moves.
 * Only a target's own workflow may ask. Repeating it for the same `n` gives the same admission.
 * Fails with `permit.missing`, `approval.missing`, `decision.changed`, `release.held`, `rollback.impossible`, `policy.unknown_environment`.
 */
export const admitDeployment =
  (deps: Deps) =>
  async (input: AdmitInput): Promise<DeploymentInput> => {
    const caller = Context.current().info.workflowExecution?.workflowId;
    if (caller !== targetId(input))
      throw new ShipwayError(
        'permit.missing',
        `only ${targetId(input)} admits its deployments, not ${caller ?? ''}`,
      );
    const state: TargetState = (await deps.store.targets.load(input)) ?? emptyState(input);
    const row = await deps.store.deployments.find(deploymentId(input, input.n));
    const admitted = await resolve(deps, input, state, row?.requestId === input.requestId);
    await deps.store.permits.grant(permitFor(input, admitted));
    await deps.store.deployments.start(rowOf(admitted, input.n));
    await deps.store.targets.save({
      ...state,
      nextN: input.n + 1,
      ...(admitted.host === undefined ? {} : { host: admitted.host }),
    });
    await deps.store.audit.append([admission(input, admitted)]);
    return admitted;
  };

function permitFor({ service, environment, cause }: AdmitInput, admitted: DeploymentInput): Permit {
  const request = cause.kind === 'deploy' ? cause.request : undefined;
  return {
    deployment: admitted.id,
    target: { service, environment },
    ...(request?.approval === undefined ? {} : { decision: request.approval.decision }),
    statements: statementsOf(cause),
    planHash: request?.planHash ?? digestOf(admitted.plan),
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
    },
    { user: admitted.requestedBy },
  );

const emptyState = ({ service, environment }: TargetRef): TargetState => ({
  schema: 1,
  service,
  environment,
  holdMarks: [],
  nextN: 1,
});

/** What was admitted is not judged again: rules that have changed meanwhile are for the next one. */
async function resolve(
  deps: Deps,
  input: AdmitInput,
  state: TargetState,
  before: boolean,
): Promise<DeploymentInput> {
  const { service, environment, n, requestId, cause } = input;
  const named = { service, environment, id: deploymentId(input, n), kind: cause.kind, requestId };
  const base = { ...named, host: state.host ?? deps.host };
  const beside =
    state.live === undefined
      ? { candidate: 'blue' as const }
      : { replaces: state.live, candidate: otherSlot(state.live.slot) };
  switch (cause.kind) {
    case 'deploy':
      if (!before) await verifyRequest(deps, cause.request, state);
      return {
        ...base,
        ...beside,
        requestedBy: cause.request.requestedBy,
        run: cause.request.run,
        release: cause.request.release,
        plan: cause.request.plan,
      };
    case 'rollback':
      return {
        ...base,
        ...beside,
        requestedBy: cause.request.statement.person,
        ...(await rollbackOf(deps, cause.request, state)),
      };
    case 'recover':
      return { ...base, requestedBy: 'shipway', ...(await recoveryOf(deps, cause.lost, state)) };
  }
}

async function verifyRequest(deps: Deps, request: DeployRequest, state: TargetState): Promise<void> {
  const held = state.holdMarks.find((m) => m.digest === request.release.digest);
  if (held !== undefined)
    throw new ShipwayError(
      'release.held',
      `${request.release.version} was rolled back from here by ${held.deployment}: ${held.reason}`,
    );
  const rules = (await policyOf(deps.policy, request.environment)).approvals;
  if (rules.requiredApprovals === 0) return;
  const { approval } = request;
  const decision = digestOf(
    decisionFor(
      request.planHash,
      request.release.digest,
      request.evidence,
      state.live?.release.digest,
      rules,
    ),
  );
  if (approval !== undefined && approval.decision !== decision)
    throw new ShipwayError(
      'decision.changed',
      `approved was ${approval.decision.slice(0, 12)}, now it would be ${decision.slice(0, 12)}`,
    );
  const barred = barredFrom(rules, request.requestedBy, request.author);
  const counted = (approval?.statements ?? []).filter(
    (s) => s.verb === 'approve' && s.on === decision && !barred.includes(s.person),
  );
  const persons = new Set(counted.map((s) => s.person)).size;
  if (persons < rules.requiredApprovals)
    throw new ShipwayError(
      'approval.missing',
      `${request.environment} asks for ${String(rules.requiredApprovals)} approvals, the request carries ${String(persons)}`,
    );
}

async function rollbackOf(
  deps: Deps,
  request: RollbackRequest,
  state: TargetState,
): Promise<Pick<DeploymentInput, 'release' | 'plan'>> {
  const good = await newestGood(deps.store, state, request.to);
  return { release: good.release, plan: good.plan };
}

/** What a lost deployment may have left is put back to what is known as good, or, if nothing is, taken away. */
async function recoveryOf(
  deps: Deps,
  lost: string,
  state: TargetState,
): Promise<Pick<DeploymentInput, 'release' | 'plan' | 'candidate'> & { replaces?: Live }> {
  const row = await deps.store.deployments.find(lost);
  if (row === undefined) throw new ShipwayError('request.unknown', `${lost} is not in the store`);
  const promoted = state.live?.deployment === lost;
  const back = promoted ? state.knownGood : state.live;
  return {
    release: back?.release ?? row.release,
    plan: back === undefined ? row.plan : { ...row.plan, configuration: back.configuration },
    candidate: back === undefined ? 'blue' : otherSlot(back.slot),
    ...(back === undefined ? {} : { replaces: back }),
  };
}

function rowOf(admitted: DeploymentInput, n: number): DeploymentRow {
  const { service, environment, id, kind, requestId, run, requestedBy, release, replaces, plan } = admitted;
  return {
    service,
    environment,
    id,
    n,
    kind,
    requestId,
    requestedBy,
    release,
    plan,
    ...(run === undefined ? {} : { run }),
    ...(replaces === undefined ? {} : { replaces: replaces.release }),
    startedAt: new Date().toISOString(),
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
