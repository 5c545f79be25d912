import { FULL, type DeploymentPlan, type Plan, type StagePlan } from '../src/domain/plan.js';
import type { TargetRef } from '../src/domain/ids.js';

export const commandStage = (name: string, script: readonly string[], artifacts: readonly string[] = []) =>
  ({
    ...{ kind: 'command', name, needs: [], script, artifacts, environment: {}, cache: [] },
    ...{ timeoutMs: 600_000, attempts: 1, outputLimitBytes: 64 * 1024 ** 2 },
    ...{ onLost: 'rerun', allowFailure: false },
  }) as const satisfies StagePlan;

export const planOf = (
  target: TargetRef,
  version: string,
  commit: string,
  stages: readonly StagePlan[],
): Plan => ({
  ...{ schema: 1, ...target, version, commit, dirty: false, stages },
  ...{ committedAt: new Date(0).toISOString(), author: 'bench@example.invalid' },
});

/** Seven stages that each run `true`. */
export const sevenStagePlan = (commit: string): Plan =>
  planOf(
    { service: 'bench', environment: 'production' },
    'v1',
    commit,
    Array.from({ length: 7 }, (_, i) => commandStage(`stage-${String(i + 1)}`, ['true'])),
  );

/** Builds the service of `source.ts`, and asks for an approval where the policy wants one. */
export const shippingPlan = (
  target: TargetRef,
  version: string,
  commit: string,
  deployment: DeploymentPlan,
): Plan =>
  planOf(target, version, commit, [
    commandStage('build', [`echo ${version} > version.txt`], ['server.js', 'package.json', 'version.txt']),
    { kind: 'approve', name: 'approve', needs: [] },
    { kind: 'deploy', name: 'deploy', needs: [], deployment },
  ]);

/** Half of the users, then all of them; how long each takes is the bench's. */
export const canary = (stepDurationMs: number) =>
  ({ kind: 'canary', steps: [FULL / 2, FULL], stepDurationMs }) as const;

const probe = { path: '/ready', periodMs: 100, timeoutMs: 1_000, initialDelayMs: 0 };

/** One instance, which ends with the folder of the bench, watched as often as the defaults of a configuration have it. */
export const deploymentOf = (
  folder: string,
  more: Partial<DeploymentPlan> = {},
  environment: Readonly<Record<string, string>> = {},
): DeploymentPlan => ({
  ...{ provider: 'process', router: 'gateway', metrics: 'gateway' },
  configuration: {
    ...{ command: ['node', 'server.js'], replicas: 1, startupTimeoutMs: 120_000 },
    environment: { ...environment, BENCH: folder },
    healthChecks: { readiness: probe, liveness: probe },
  },
  userKey: [{ header: 'x-user-id' }],
  smokeTest: { path: '/ready', expectStatus: 200, timeoutMs: 5_000 },
  strategy: { kind: 'blue_green' },
  bakeMs: 0,
  watch: {
    intervalMs: 10_000,
    triggers: { healthCheckFailures: { threshold: 3, windowMs: 60_000 } },
    ...{ onInconclusive: 'continue', onUnavailable: 'hold', stepTimeoutMs: 1_800_000 },
  },
  drainTimeoutMs: 1_000,
  ...more,
});
