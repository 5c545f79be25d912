import { releaseDigest } from '../../activities/release-digest.js';
import type { PipelineInput } from '../../src/domain/inputs.js';
import type {
  DeploymentPlan,
  OwnStage,
  PerformanceStage,
  Plan,
  ScanStage,
  StagePlan,
  Strategy,
} from '../../src/domain/plan.js';
import { FULL } from '../../src/domain/plan.js';
import type { RunRow } from '../../src/domain/store.js';
import type { Statement, Verb } from '../../src/domain/statement.js';
import type { DeployRequest } from '../../src/domain/target.js';
import { digestOf, sha256 } from '../../src/hash.js';
import { randomUUID } from 'node:crypto';
import { WATCH_PLAN } from './watching.js';

export const CANARY: Strategy = { kind: 'canary', steps: [500, 2500, FULL], stepDurationMs: 60_000 };

const probe = { path: '/health', periodMs: 1000, timeoutMs: 1000, initialDelayMs: 0 };
export const deploymentPlan = (more: Partial<DeploymentPlan> = {}): DeploymentPlan => ({
  provider: 'process',
  router: 'gateway',
  metrics: 'gateway',
  configuration: {
    command: ['node', 'server.js'],
    replicas: 1,
    environment: {},
    healthChecks: { readiness: probe, liveness: probe },
    startupTimeoutMs: 30_000,
  },
  userKey: [{ header: 'x-user-id' }],
  smokeTest: { path: '/health', expectStatus: 200, timeoutMs: 1000 },
  strategy: CANARY,
  bakeMs: 60_000,
  watch: WATCH_PLAN,
  drainTimeoutMs: 1000,
  ...more,
});

export const commandStage = (name: string, more: object = {}): StagePlan => ({
  kind: 'command',
  name,
  needs: [],
  script: ['true'],
  artifacts: name === 'build' ? ['dist/'] : [],
  environment: {},
  cache: [],
  timeoutMs: 60_000,
  attempts: 1,
  outputLimitBytes: 64 * 1024 ** 2,
  onLost: 'rerun',
  allowFailure: false,
  ...more,
});

export const scanStage = (more: Partial<ScanStage> = {}): ScanStage => ({
  kind: 'scan',
  name: 'scan',
  needs: [],
  checks: ['secret_detection'],
  timeoutMs: 60_000,
  allowFailure: false,
  ...more,
});

export const ownStage = (more: Partial<OwnStage> = {}): OwnStage => ({
  ...{ kind: 'own', name: 'licences', needs: [], uses: 'own:licences', with: {}, artifacts: [] },
  ...{ evidence: false, timeoutMs: 60_000, attempts: 1, allowFailure: false },
  ...more,
});

export const performanceStage = (more: Partial<PerformanceStage> = {}): PerformanceStage => ({
  ...{ kind: 'performance_test', name: 'load', needs: [], command: ['node', 'server.js'], environment: {} },
  ...{ readyPath: '/ready', startupTimeoutMs: 20_000 },
  requests: [{ method: 'GET', path: '/', headers: {}, weight: 1 }],
  ...{ rate: 100, warmUpMs: 200, durationMs: 1_000, requestTimeoutMs: 5_000, maxInFlight: 100 },
  thresholds: { errorRate: 100, p95Ms: 2_000 },
  allowFailure: false,
  ...more,
});

export const plan = (version: string, more: Partial<Plan> & { deployment?: DeploymentPlan } = {}): Plan => {
  const { deployment, ...rest } = more;
  return {
    schema: 1,
    service: 'shop',
    environment: 'production',
    version,
    commit: sha256(version).slice(0, 40),
    dirty: false,
    committedAt: '2026-01-01T00:00:00.000Z',
    author: 'dev@example.invalid',
    stages: [
      commandStage('test'),
      commandStage('build'),
      { kind: 'approve', name: 'approve', needs: [] },
      { kind: 'deploy', name: 'deploy', needs: [], deployment: deployment ?? deploymentPlan() },
    ],
    ...rest,
  };
};

export const statement = (
  person: string,
  verb: Verb,
  on: string,
  more: Partial<Statement> = {},
): Statement => ({
  person,
  verb,
  on,
  at: new Date().toISOString(),
  until: new Date(Date.now() + 365 * 86_400_000).toISOString(),
  nonce: randomUUID(),
  signature: 'none',
  ...more,
});

export function pipelineInput(of: Plan, run = `${of.version}-${randomUUID().slice(0, 6)}`): PipelineInput {
  const planHash = digestOf(of);
  return {
    run,
    plan: of,
    planHash,
    source: sha256('source'),
    requestedBy: 'alice',
    statement: statement('alice', 'run', planHash),
  };
}

/** A request as a pipeline makes it, without approvals, from a pipeline that does not exist. */
export function requestFor(
  service: string,
  environment: string,
  version: string,
  requestId: string,
): DeployRequest {
  const asked = plan(version, { service, environment });
  const artifacts = [{ stage: 'build', digest: sha256(`${service} ${version}`), bytes: 1 }];
  return {
    service,
    environment,
    requestId,
    run: requestId,
    pipeline: `pipeline/${service}/${requestId}`,
    requestedBy: 'alice',
    author: asked.author,
    planHash: digestOf(asked),
    release: {
      service,
      version,
      commit: asked.commit,
      digest: releaseDigest(service, artifacts),
      artifacts,
    },
    evidence: [],
    plan: deploymentPlan(),
  };
}

/** The run that makes such a request, as it was admitted. */
export const runFor = ({ service, environment, release, ...r }: DeployRequest): RunRow => ({
  pipeline: r.pipeline,
  run: r.run,
  plan: plan(release.version, { service, environment }),
  planHash: r.planHash,
  requestedBy: r.requestedBy,
});
