import { admitDeployment, type AdmitInput } from '../../activities/admission.js';
import { decisionFor } from '../../src/domain/decision.js';
import { deploymentId, targetId } from '../../src/domain/ids.js';
import type { DeploymentInput } from '../../src/domain/inputs.js';
import type { ApprovalPolicy } from '../../src/domain/policy.js';
import type { Statement } from '../../src/domain/statement.js';
import type { DeployRequest, Live, TargetState } from '../../src/domain/target.js';
import { digestOf } from '../../src/hash.js';
import { activityOf } from './activity.js';
import { memoryStore } from './memory-store.js';
import { deploymentPlan, requestFor, statement } from './plans.js';

export const REF = { service: 'shop', environment: 'production' };
export const RULES: ApprovalPolicy = { requiredApprovals: 2, expiresAfterMs: 1000, selfApproval: false };
export const request = requestFor('shop', 'production', 'v1', 'run-1/deploy/1');

export const decision = (live?: Live, by: ApprovalPolicy = RULES): string =>
  digestOf(decisionFor(request.planHash, request.release.digest, request.evidence, live?.release.digest, by));
export const approved = (statements: readonly Statement[], on = decision()): DeployRequest => ({
  ...request,
  approval: { decision: on, statements },
});
export const by = (person: string, more: Partial<Statement> = {}, on = decision()): Statement =>
  statement(person, 'approve', on, more);
/** As the rules ask for it. */
export const TWO = approved([by('bob'), by('carol')]);

export const live = (version: string, slot: 'blue' | 'green', n = 1): Live => ({
  release: requestFor('shop', 'production', version, 'r').release,
  slot,
  configuration: { ...deploymentPlan().configuration, replicas: n },
  deployment: deploymentId(REF, n),
  since: '2026-01-01T00:00:00.000Z',
});

/** The admission of one target on a store of its own; the rules may be changed on the way. */
export function admissionLab() {
  const lab = { store: memoryStore(), rules: RULES, admit, state };
  const policy = () =>
    Promise.resolve({
      environments: { production: { identity: 'asserted' as const, approvals: lab.rules } },
    });
  function admit(
    of: DeployRequest,
    more: Partial<AdmitInput> = {},
    caller = targetId(REF),
  ): Promise<DeploymentInput> {
    const { store } = lab;
    return activityOf(caller).run(admitDeployment({ store, policy, host: 'host-1' }), {
      ...{ ...REF, n: 1, requestId: of.requestId, cause: { kind: 'deploy', request: of } },
      ...more,
    });
  }
  function state(more: Partial<TargetState>): Promise<void> {
    return lab.store.targets.save({ schema: 1, ...REF, holdMarks: [], nextN: 2, ...more });
  }
  return lab;
}
