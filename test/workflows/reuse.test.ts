import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { pipelineId } from '../../src/domain/ids.js';
import type { DeploymentPlan, StagePlan } from '../../src/domain/plan.js';
import { labOfFile } from '../support/lab.js';
import { commandStage, deploymentPlan, performanceStage, pipelineInput, plan } from '../support/plans.js';
import { record } from '../support/record.js';
import { endedOf } from '../support/story.js';

const lab = await labOfFile();
const handle = (run: string) => lab.client.workflow.getHandle(pipelineId('shop', run));

test('what was built before is shipped as it is: its stages do not run again', async () => {
  const first = pipelineInput(plan('v1', { environment: 'staging' }));
  await lab.start(first);
  expect(await endedOf(handle(first.run))).toMatchObject({ outcome: 'shipped' });
  const [built] = await lab.store.releases.list({ service: 'shop', commit: first.plan.commit });
  const digest = built?.release.digest ?? '';

  const ran: string[] = [];
  lab.staging = (stage) => Promise.resolve(void ran.push(stage));
  const again = plan('v1', { release: digest });
  const stages = again.stages.map((s) => (s.kind === 'command' ? { ...s, reused: first.run } : s));
  const input = pipelineInput({ ...again, stages });
  await lab.start(input);
  await lab.answer(input, 'bob');
  expect(await endedOf(handle(input.run))).toMatchObject({ outcome: 'shipped' });
  expect(ran).toEqual([]);
  expect(lab.store.states.get('shop/production')?.live?.release).toEqual(built?.release);
  expect(await lab.view(input)).toMatchObject({
    release: digest,
    stages: [
      { name: 'test', state: 'reused', byRun: first.run },
      { name: 'build', state: 'reused', byRun: first.run },
      { name: 'approve', state: 'passed' },
      { name: 'deploy', state: 'passed' },
    ],
  });
  await record('pipeline-reused', handle(input.run));
});

test('what a stage finds out is known of the release, shown, and stays with it; what a later run finds out is added', async () => {
  const found = (stages: readonly StagePlan[]) => [
    commandStage('test', { reports: { junit: ['junit.xml'] } }),
    performanceStage({ name: 'load', allowFailure: true }),
    ...stages.slice(1),
  ];
  const of = plan('v3', { service: 'proved', environment: 'staging' });
  const first = pipelineInput({ ...of, stages: [...found(of.stages).filter((s) => s.name !== 'load')] });
  const handleOf = (run: string) => lab.client.workflow.getHandle(pipelineId('proved', run));
  await lab.start(first);
  expect(await endedOf(handleOf(first.run))).toMatchObject({ outcome: 'shipped' });
  const junit = { stage: 'test', kind: 'junit', verdict: 'pass', summary: 'as scripted' };
  expect((await lab.view(first)).evidence).toMatchObject([junit]);
  const [built] = await lab.store.releases.list({ service: 'proved' });
  expect(built?.evidence).toMatchObject([junit]);

  const stages = found(of.stages).map((s) => (s.kind === 'command' ? { ...s, reused: first.run } : s));
  const again = pipelineInput({ ...of, release: built?.release.digest ?? '', stages });
  const stands = [junit, { stage: 'load', kind: 'performance_test', verdict: 'pass' }];
  await lab.start(again);
  expect(await endedOf(handleOf(again.run))).toMatchObject({ outcome: 'shipped' });
  expect((await lab.view(again)).evidence).toMatchObject(stands);
  expect((await lab.store.releases.list({ service: 'proved' }))[0]).toMatchObject({
    ...{ run: again.run, evidence: stands },
  });
  expect(lab.store.entries().map((e) => e.event_type)).toContain('release.evidence');
  await record('pipeline-evidence', handleOf(again.run));
});

test('a stage that fails, where it may and where it may not, leaves what it has found out', async () => {
  const evidence = [{ kind: 'junit', stage: 'test', digest: 'd', summary: '1 failed', verdict: 'fail' }];
  lab.staging = (stage) =>
    stage === 'test'
      ? Promise.reject(ApplicationFailure.nonRetryable('exit code 1', 'stage.failed', evidence))
      : Promise.resolve();
  const of = plan('v4', { service: 'flaky', environment: 'staging' });
  const input = pipelineInput({
    ...of,
    stages: [commandStage('test', { allowFailure: true }), ...of.stages.slice(1)],
  });
  await lab.start(input);
  expect(await endedOf(lab.client.workflow.getHandle(pipelineId('flaky', input.run)))).toMatchObject({
    outcome: 'shipped',
  });
  expect(await lab.view(input)).toMatchObject({
    evidence,
    stages: [{ name: 'test', state: 'allowed_failure', note: 'exit code 1' }, {}, {}, {}],
  });
  const strict = pipelineInput(of);
  await lab.start(strict);
  const id = pipelineId('flaky', strict.run);
  expect(await endedOf(lab.client.workflow.getHandle(id))).toMatchObject({ outcome: 'failed' });
  expect((await lab.store.runs.find(id))?.ended).toEqual({ outcome: 'failed', passed: [], evidence });
  lab.staging = () => Promise.resolve();
});

test('a watch is told which adapters a plan names, and nothing where all are built in', async () => {
  const own = { provider: 'process', router: 'gateway', metrics: 'own:text' };
  const adapters = async (more: Partial<DeploymentPlan>): Promise<readonly unknown[]> => {
    lab.watched.length = 0;
    const input = pipelineInput(plan('v7', { environment: 'staging', deployment: deploymentPlan(more) }));
    await lab.start(input);
    expect(await endedOf(handle(input.run))).toMatchObject({ outcome: 'shipped' });
    return lab.watched.map((w) => w.adapters);
  };
  expect(new Set(await adapters({ bakeMs: 1_000 }))).toEqual(new Set([undefined]));
  const told = await adapters({ metrics: own.metrics });
  expect(told.length).toBeGreaterThan(0);
  expect(told).toEqual(told.map(() => own));
});
