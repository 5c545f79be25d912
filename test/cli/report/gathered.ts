import { chainHash } from '../../../src/audit-chain.js';
import type { DeploymentStatus, RunStatus } from '../../../src/client.js';
import type { Gathered, GatheredDeployment } from '../../../src/cli/report/report-of.js';
import { watching } from '../../../src/cli/report/watched.js';
import { GENESIS, type AuditEntry, type ChainedEntry } from '../../../src/domain/audit.js';
import type { Release } from '../../../src/domain/release.js';
import type { Statement } from '../../../src/domain/statement.js';
import type { DeploymentRow } from '../../../src/domain/store.js';
import type { RunView } from '../../../src/domain/view.js';
import { watchLoop } from '../../../src/domain/watch-loop.js';
import type { Sample } from '../../../src/domain/watching.js';
import { deploymentPlan } from '../../support/plans.js';
import {
  CANDIDATE,
  STABLE,
  WATCH_PLAN,
  counters,
  seen,
  simulated,
  watchInput,
} from '../../support/watching.js';

/** 09:00 of the day that everything here happens on. */
export const T0 = Date.parse('2026-01-05T09:00:00.000Z');
const MINUTE = 60_000;
export const at = (minutes: number): string => new Date(T0 + minutes * MINUTE).toISOString();

const COMMIT = 'c0ffee'.padEnd(40, '0');
export const DECISION = 'd'.repeat(64);
export const PIPELINE = 'pipeline/shop/v3-abc234';
const STAGING = 'deployment/shop/staging/4';
export const PRODUCTION = 'deployment/shop/production/7';
const release: Release = {
  service: 'shop',
  version: 'v3',
  commit: COMMIT,
  digest: 'e'.repeat(64),
  artifacts: [],
};

/** What a watch keeps of ten requests a second, `bad` of them errors from an instant on, until the rules or the hour end it. */
export async function samplesFrom(
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

export function chained(entries: readonly AuditEntry[]): readonly ChainedEntry[] {
  let previous = GENESIS;
  return entries.map((entry, i) => {
    const hash = chainHash(previous, entry);
    const link = { seq: i + 1, previous, hash, entry };
    previous = hash;
    return link;
  });
}

export const entry = (
  minutes: number,
  workflow: string,
  event_type: string,
  details: AuditEntry['details'],
  more: Partial<AuditEntry> = {},
): AuditEntry => ({
  key: `${String(minutes)}/${workflow}/${event_type}`,
  timestamp: at(minutes),
  ...{ event_type, user: 'shipway', service: 'shop', environment: 'production', version: 'v3' },
  ...{ workflow, details },
  ...more,
});

export const statement = (
  minutes: number,
  workflow: string,
  more: Partial<Statement>,
  refused?: string,
): AuditEntry => {
  const person = more.person ?? 'bob';
  const said: Statement = {
    ...{ person, verb: 'approve', on: DECISION, nonce: String(minutes), signature: 'none' },
    ...{ at: at(minutes), until: at(minutes + 10) },
    ...more,
  };
  const event = `statement.${refused === undefined ? 'accepted' : 'refused'}`;
  const details = { verb: said.verb, on: said.on, ...(refused === undefined ? {} : { why: refused }) };
  return entry(minutes, workflow, event, details, { user: person, statement: said });
};

const shifted = (minutes: number, workflow: string, from: number, share: number): AuditEntry =>
  entry(minutes, workflow, 'effect.result', {
    effect: 'shift_traffic',
    slot: 'green',
    from,
    share,
    ok: true,
  });

const ENTRIES: readonly AuditEntry[] = [
  statement(0, PIPELINE, { person: 'alice', verb: 'run', on: 'a'.repeat(64) }),
  entry(0, PIPELINE, 'stage.intent', { stage: 'test', attempt: 1, script: ['npm test'] }),
  entry(2, PIPELINE, 'release.recorded', { digest: release.digest, commit: COMMIT, run: 'v3-abc234' }),
  entry(3, 'target/shop/staging', 'deployment.admitted', { deployment: STAGING, kind: 'deploy' }),
  shifted(3.5, STAGING, 0, 10_000),
  entry(10, PIPELINE, 'gate.opened', {
    question: 'approval',
    decision: DECISION,
    required: 1,
    run: 'v3-abc234',
  }),
  statement(11, PIPELINE, { person: 'alice' }, 'alice asked for this run and may not approve it'),
  statement(12, PIPELINE, { reason: 'load test is fine' }),
  entry(12, PIPELINE, 'gate.closed', {
    question: 'approval',
    decision: DECISION,
    verdict: 'approved',
    by: ['approve bob'],
  }),
  entry(
    13,
    'target/shop/production',
    'deployment.admitted',
    { deployment: PRODUCTION, kind: 'deploy' },
    { user: 'alice' },
  ),
  shifted(13.5, PRODUCTION, 0, 500),
  shifted(17.5, PRODUCTION, 500, 2_500),
  statement(18, PRODUCTION, { verb: 'skip', on: PRODUCTION, reason: 'seen enough' }),
  shifted(21.5, PRODUCTION, 2_500, 5_000),
  entry(25, PRODUCTION, 'effect.undone', { what: 'send all traffic back', share: 0 }, { late: true }),
  entry(25.1, PRODUCTION, 'effect.undone', { what: 'remove v3 from green', share: 0 }, { late: true }),
  entry(26, PIPELINE, 'run.finished', {
    run: 'v3-abc234',
    outcome: 'rolled_back',
    reason: 'error rate 61 of 610 (limit 5 %)',
    plan: 'a'.repeat(64),
  }),
];

export const runView = (more: Partial<RunView> = {}): RunView => ({
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
