import { expect, test } from 'vitest';
import { pipelineId } from '../../src/domain/ids.js';
import type { DeploymentPlan } from '../../src/domain/plan.js';
import { labOfFile } from '../support/lab.js';
import { deploymentPlan, pipelineInput, plan } from '../support/plans.js';
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
