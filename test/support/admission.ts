import type { Client } from '@temporalio/client';
import { admitDeployment, type AdmitInput } from '../../activities/admission.js';
import { presentDecision } from '../../activities/decision.js';
import { messageOf } from '../../activities/statements.js';
import { deploymentId, targetId } from '../../src/domain/ids.js';
import type { DeploymentInput } from '../../src/domain/inputs.js';
import type { ApprovalPolicy } from '../../src/domain/policy.js';
import type { Statement } from '../../src/domain/statement.js';
import { newTarget, type DeployRequest, type Live, type TargetState } from '../../src/domain/target.js';
import { activityOf } from './activity.js';
import { memoryArtifacts } from './memory-artifacts.js';
import { memorySecrets } from './memory-secrets.js';
import { memoryStore } from './memory-store.js';
import { deploymentPlan, requestFor, runFor, statement } from './plans.js';

export const REF = { service: 'shop', environment: 'production' };
export const RULES: ApprovalPolicy = {
  requiredApprovals: 2,
  expiresAfterMs: 1000,
  selfApproval: false,
  onBaseChanged: 'ask_again',
};
export const request = requestFor('shop', 'production', 'v1', 'run-1/deploy/1');

export const decision = (serving?: Live, rules: ApprovalPolicy = RULES): string =>
  presentDecision(request, serving, rules);
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

/** The admission of one target on a store of its own; the rules may be changed on the way, and the run may end. */
export function admissionLab() {
  const artifacts = memoryArtifacts();
  const lab = {
    store: memoryStore(),
    secrets: memorySecrets(),
    artifacts,
    rules: RULES,
    /** Routers that the policy says are gone. */
    gone: undefined as readonly string[] | undefined,
    run: 'RUNNING',
    known,
    admit,
    state,
  };
  const describe = () => Promise.resolve({ status: { name: lab.run } });
  const client = { workflow: { getHandle: () => ({ describe }) } } as unknown as Client;
  const policy = () =>
    Promise.resolve({
      environments: {
        production: {
          ...{ identity: 'asserted' as const, approvals: lab.rules },
          ...(lab.gone && { goneRouters: lab.gone }),
        },
      },
    });
  /** The run of a request was admitted, and its statements were verified. */
  async function known(of: DeployRequest): Promise<void> {
    await lab.store.runs.admit({ run: runFor(of), nonce: of.pipeline, message: '', entries: [] });
    for (const s of of.approval?.statements ?? [])
      await lab.store.nonces.claim(s.nonce, of.pipeline, messageOf(s));
  }
  async function admit(
    of: DeployRequest,
    more: Partial<AdmitInput> = {},
    caller = targetId(REF),
  ): Promise<DeploymentInput> {
    await lab.known(of);
    return activityOf(caller).run(
      admitDeployment({ store: lab.store, secrets: lab.secrets, artifacts, policy, client, host: 'host-1' }),
      {
        ...{ ...REF, n: 1, requestId: of.requestId, cause: { kind: 'deploy', request: of } },
        ...more,
      },
    );
  }
  async function state(more: Partial<TargetState>): Promise<void> {
    const before = (await lab.store.targets.load(REF)) ?? newTarget(REF);
    await lab.store.targets.save({ ...newTarget(REF), nextN: 2, revision: before.revision, ...more });
  }
  return lab;
}
