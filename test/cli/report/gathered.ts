import type { DeploymentStatus, RunStatus } from '../../../src/client.js';
import type { Gathered, GatheredDeployment } from '../../../src/cli/report/report-of.js';
import { watching } from '../../../src/cli/report/watched.js';
import type { Release } from '../../../src/domain/release.js';
import type { DeploymentRow } from '../../../src/domain/store.js';
import type { RunView } from '../../../src/domain/view.js';
import { watchLoop } from '../../../src/domain/watch-loop.js';
import type { Sample } from '../../../src/domain/watching.js';
import {
  COMMIT,
  DIGEST,
  ENTRIES,
  MINUTE,
  PIPELINE,
  PRODUCTION,
  STAGING,
  T0,
  at,
  chained,
} from './entries.js';
import { deploymentPlan } from '../../support/plans.js';
import { CANDIDATE, STABLE, counters, seen, simulated, watchInput } from '../../support/watching.js';

const release: Release = {
  service: 'shop',
  version: 'v3',
  commit: COMMIT,
  digest: DIGEST,
  artifacts: [],
};

/** What a watch keeps of ten requests a second, `bad` of them errors from an instant on, until the rules or the hour end it. */
async function samplesFrom(
  deployment: string,
  phase: string,
  begin: number,
  { until = 4 * MINUTE, bad = Infinity, rate = 0.3 } = {},
): Promise<readonly Sample[]> {
  const sim = simulated((ms) =>
    seen(
      ms,
      counters(
        CANDIDATE,
        ms / 100,
        Math.max(0, ((ms - bad) / 100) * rate),
        ms % 100_000 === 0 ? ms / 2_500 : 0,
      ),
      counters(STABLE, ms / 50, ms / 10_000),
    ),
  );
  await watchLoop(watchInput({ deployment, phase, until }), sim.world);
  return sim.samples.map((s) => ({ ...s, at: new Date(begin + Date.parse(s.at)).toISOString() }));
}

const runView = (more: Partial<RunView> = {}): RunView => ({
  run: 'v3-abc234',
  ...{ service: 'shop', environment: 'production', environments: ['staging', 'production'], version: 'v3' },
  ...{ commit: COMMIT, planHash: 'a'.repeat(64), requestedBy: 'alice', identity: 'asserted' },
  stages: [
    { name: 'test', kind: 'command', state: 'passed', startedAt: T0, endedAt: T0 + MINUTE },
    { name: 'build', kind: 'command', state: 'reused', byRun: 'v3-zzzzzz', note: 'built before' },
    {
      name: 'deploy-staging',
      kind: 'deploy',
      state: 'passed',
      startedAt: T0 + 3 * MINUTE,
      endedAt: T0 + 10 * MINUTE,
    },
    {
      name: 'approve-production',
      kind: 'approve',
      state: 'passed',
      startedAt: T0 + 10 * MINUTE,
      endedAt: T0 + 12 * MINUTE,
      note: 'approved by bob',
    },
    {
      name: 'deploy-production',
      kind: 'deploy',
      state: 'failed',
      startedAt: T0 + 13 * MINUTE,
      endedAt: T0 + 26 * MINUTE,
      note: 'rolled back',
    },
    { name: 'check-production', kind: 'command', state: 'pending' },
  ],
  ...{ release: release.digest, deployment: PRODUCTION, outcome: 'rolled_back' },
  reason: 'error rate 61 of 610 (limit 5 %); v3 was shipped to staging',
  failure: 'verdict.fail',
  ...more,
});

export const runStatus = (more: Partial<RunView> = {}): RunStatus => ({
  workflow: PIPELINE,
  run: runView(more),
  temporal: { status: 'FAILED', pending: [] },
  workers: { count: 1 },
});

const deploymentStatus = (id: string): DeploymentStatus => ({
  workflow: id,
  temporal: { status: 'COMPLETED', pending: [] },
  workers: { count: 1 },
  deployment: {
    ...{ id, service: 'shop', environment: 'production', version: 'v3', kind: 'deploy', strategy: 'canary' },
    ...{ phase: 'done', shares: {} },
    timeline: [{ at: T0 + 13 * MINUTE, what: 'starting v3 in green' }],
  },
});

const row = (
  more: Pick<DeploymentRow, 'id' | 'environment' | 'n'> & Partial<DeploymentRow>,
): DeploymentRow => ({
  ...{
    service: 'shop',
    kind: 'deploy',
    requestId: 'v3-abc234/deploy',
    run: 'v3-abc234',
    requestedBy: 'alice',
  },
  ...{ release, plan: deploymentPlan(), startedAt: at(13) },
  ...more,
});

async function deployed(of: DeploymentRow, samples: readonly Sample[]): Promise<GatheredDeployment> {
  const watch = watching(200);
  for (const sample of samples) watch.add(sample);
  return Promise.resolve({ row: of, status: deploymentStatus(of.id), watched: watch.end() });
}

/** A run through staging to production, where its error rate sent it back. */
export async function gathered(more: Partial<Gathered> = {}): Promise<Gathered> {
  const staging = row({
    id: STAGING,
    environment: 'staging',
    n: 4,
    startedAt: at(3),
    endedAt: at(10),
    outcome: 'shipped',
    reason: 'v3 serves staging',
  });
  const production = row({
    ...{ id: PRODUCTION, environment: 'production', n: 7, endedAt: at(26), outcome: 'rolled_back' },
    ...{ reason: 'error rate 61 of 610 (limit 5 %)', replaces: { ...release, version: 'v2' } },
  });
  const phases = await Promise.all([
    samplesFrom(PRODUCTION, 'canary 5 %', T0 + 13.5 * MINUTE),
    samplesFrom(PRODUCTION, 'canary 25 %', T0 + 17.5 * MINUTE),
    samplesFrom(PRODUCTION, 'canary 50 %', T0 + 21.5 * MINUTE, { bad: MINUTE }),
  ]);
  return {
    run: { service: 'shop', run: 'v3-abc234', status: runStatus() },
    deployments: [
      await deployed(staging, await samplesFrom(STAGING, 'bake', T0 + 3.5 * MINUTE, { until: 6 * MINUTE })),
      await deployed(production, phases.flat()),
    ],
    entries: chained(ENTRIES),
    flawed: [],
    releases: [
      {
        ...{ release, run: 'v3-abc234', createdAt: at(2) },
        evidence: [{ kind: 'scan', stage: 'scan', digest: 'f'.repeat(64), summary: 'no secrets found' }],
      },
    ],
    ...{ at: at(30), made: '0.1.0' },
    ...more,
  };
}
