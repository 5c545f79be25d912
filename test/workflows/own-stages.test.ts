import { ApplicationFailure } from '@temporalio/common';
import { beforeEach, expect, test } from 'vitest';
import { pipelineId } from '../../src/domain/ids.js';
import type { OwnStage } from '../../src/domain/plan.js';
import { labOfFile } from '../support/lab.js';
import { ownStage, pipelineInput, plan } from '../support/plans.js';
import { record } from '../support/record.js';
import { endedOf } from '../support/story.js';

const lab = await labOfFile('time skipping');
let ran: string[] = [];
beforeEach(() => {
  ran = [];
  lab.staging = (stage, attempt) => Promise.resolve(void ran.push(`${stage} ${String(attempt)}`));
});

async function begun(service: string, stage: Partial<OwnStage>) {
  const of = plan('v1', { service, environment: 'staging' });
  const input = pipelineInput({ ...of, schema: 3, stages: [ownStage(stage), ...inARow(of.stages, stage)] });
  await lab.start(input);
  return { input, handle: lab.client.workflow.getHandle(pipelineId(service, input.run)) };
}
const inARow = (stages: ReturnType<typeof plan>['stages'], { name = 'licences' }: Partial<OwnStage>) =>
  stages.map((s, i) => ({ ...s, needs: [stages[i - 1]?.name ?? name] }));

test('it runs where the workers have its kind; what it leaves is the release’s, and its answer evidence', async () => {
  const { input, handle } = await begun('own', { artifacts: ['NOTICE'], evidence: true });
  expect(await endedOf(handle)).toMatchObject({ outcome: 'shipped' });
  expect(ran).toEqual(['licences 1', 'test 1', 'build 1']);
  const view = await lab.view(input);
  expect(view.stages[0]).toMatchObject({ kind: 'own', state: 'passed', note: 'as scripted' });
  expect(view.evidence).toMatchObject([{ kind: 'own', stage: 'licences', verdict: 'pass' }]);
  const [built] = await lab.store.releases.list({ service: 'own' });
  expect(built?.release.artifacts.map((a) => a.stage)).toEqual(['licences', 'build']);
  await record('pipeline-own-stage', handle);
});

test('it is tried as often as it says, and may fail where it says so', async () => {
  lab.staging = (stage, attempt) => {
    ran.push(`${stage} ${String(attempt)}`);
    return stage === 'licences'
      ? Promise.reject(ApplicationFailure.nonRetryable('left-pad', 'stage.failed'))
      : Promise.resolve();
  };
  const { input, handle } = await begun('may-fail', { attempts: 2, allowFailure: true });
  expect(await endedOf(handle)).toMatchObject({ outcome: 'shipped' });
  expect(ran).toEqual(['licences 1', 'licences 2', 'test 1', 'build 1']);
  expect((await lab.view(input)).stages[0]).toMatchObject({ state: 'allowed_failure', note: 'left-pad' });
});

test('a kind that no worker has ends the run before anything has run', async () => {
  const { input, handle } = await begun('unknown', { uses: 'own:licenses', allowFailure: true });
  await lab.env.sleep('2m');
  expect(await endedOf(handle)).toEqual({
    outcome: 'failed',
    failure: 'stage.unknown',
    reason: 'this worker was not given the stage kind own:licenses',
  });
  expect(ran).toEqual([]);
  expect((await lab.view(input)).failure).toBe('stage.unknown');
});

test('a stage that is skipped, or left to an earlier run, asks nobody for its kind', async () => {
  const { handle } = await begun('skipped', { uses: 'own:licenses', skipped: 'not on main' });
  expect(await endedOf(handle)).toMatchObject({ outcome: 'shipped' });
});
