import { ApplicationFailure } from '@temporalio/common';
import { beforeEach, describe, expect, test } from 'vitest';
import { pipelineId } from '../../src/domain/ids.js';
import type { PipelineInput } from '../../src/domain/inputs.js';
import { retryPlan } from '../../src/domain/retry.js';
import { MESSAGES } from '../../src/domain/messages.js';
import { labOfFile } from '../support/lab.js';
import { commandStage, deploymentPlan, pipelineInput, plan, statement } from '../support/plans.js';
import { record } from '../support/record.js';
import { story, type Story } from '../support/story.js';

const lab = await labOfFile();
let ran: string[] = [];
beforeEach(() => {
  ran = [];
  lab.staging = (stage) => Promise.resolve(void ran.push(stage));
});

/** test and lint side by side, then build, then the gate and the deployment; nothing waits for bench. */
const graph = (shop: Story): PipelineInput =>
  pipelineInput(
    plan('v1', {
      ...{ schema: 3, service: shop.service },
      stages: [
        commandStage('test'),
        commandStage('lint'),
        commandStage('bench', { allowFailure: true }),
        commandStage('build', { needs: ['test', 'lint'] }),
        { kind: 'approve', name: 'approve', needs: ['build'] },
        { kind: 'deploy', name: 'deploy', needs: ['approve'], deployment: deploymentPlan() },
      ],
    }),
  );
const no = (): Promise<never> =>
  Promise.reject(ApplicationFailure.nonRetryable('exit code 1', 'stage.failed'));
const states = async (input: PipelineInput) =>
  Object.fromEntries((await lab.view(input)).stages.map(({ name, state }) => [name, state]));

describe('stages that do not wait for each other', () => {
  test('run side by side, and what needs them comes after all of them', async () => {
    const shop = story(lab, 'beside');
    const input = graph(shop);
    let meet: () => void = () => undefined;
    const met = new Promise<void>((resolve) => (meet = resolve));
    lab.staging = async (stage) => {
      ran.push(stage);
      // Each waits for the other: one after the other they would wait for ever.
      if (ran.includes('test') && ran.includes('lint')) meet();
      if (stage === 'test' || stage === 'lint') await met;
    };
    await lab.start(input);
    await lab.answer(input, 'bob');
    expect(await shop.ended(input)).toMatchObject({ outcome: 'shipped' });
    expect(ran.slice(0, 3).sort()).toEqual(['bench', 'lint', 'test']);
    expect(ran.at(-1)).toBe('build');
    await record('pipeline-side-by-side', shop.pipeline(input));
  });

  test('one that fails stops what needs it; the others go on to their end', async () => {
    const shop = story(lab, 'one-fails');
    const input = graph(shop);
    let failed = false;
    lab.staging = async (stage) => {
      ran.push(stage);
      if (stage === 'lint') {
        failed = true;
        await no();
      }
      await lab.until(() => Promise.resolve(failed || undefined), 'the other to fail');
    };
    await lab.start(input);
    expect(await shop.ended(input)).toEqual({
      outcome: 'failed',
      reason: 'exit code 1',
      failure: 'stage.failed',
    });
    expect(ran).not.toContain('build');
    expect(await lab.view(input)).toMatchObject({
      failure: 'stage.failed',
      stages: [
        { name: 'test', state: 'passed' },
        { name: 'lint', state: 'failed', note: 'exit code 1' },
        { name: 'bench', state: 'passed' },
        { name: 'build', state: 'pending', note: 'not run: lint did not pass' },
        { name: 'approve', state: 'pending', note: 'not run: build did not pass' },
        { name: 'deploy', state: 'pending' },
      ],
    });
    await record('pipeline-side-by-side-failed', shop.pipeline(input));
  });

  test('an abort stops all of them', async () => {
    const shop = story(lab, 'beside-aborted');
    const input = graph(shop);
    const stalled = lab.stallStage('lint');
    await lab.start(input);
    await stalled;
    await lab.until(async () => (await states(input))['test'] === 'passed' || undefined, 'the test');
    const wish = statement('carol', 'abort', pipelineId(shop.service, input.run), { reason: 'wrong one' });
    await shop.pipeline(input).executeUpdate(MESSAGES.abort, { args: [wish] });
    expect(await shop.ended(input)).toMatchObject({ outcome: 'aborted' });
    expect(await states(input)).toMatchObject({ test: 'passed', lint: 'failed', build: 'pending' });
  });
});

describe('a run that is tried again', () => {
  test('does not repeat what passed, and ships what both have made', async () => {
    const shop = story(lab, 'again');
    const first = graph(shop);
    lab.staging = (stage) => (stage === 'lint' ? no() : Promise.resolve());
    await lab.start(first);
    expect((await shop.ended(first)).outcome).toBe('failed');
    const row = await lab.store.runs.find(pipelineId(shop.service, first.run));
    expect(row?.ended?.passed.map((p) => p.stage)).toEqual(['test', 'bench']);

    lab.artifacts.keep('source');
    lab.staging = (stage) => Promise.resolve(void ran.push(stage));
    const again = pipelineInput(
      retryPlan({ run: first.run, plan: first.plan, passed: row?.ended?.passed ?? [] }),
    );
    await lab.start(again);
    await lab.answer(again, 'bob');
    expect(await shop.ended(again)).toMatchObject({ outcome: 'shipped' });
    expect(ran).toEqual(['lint', 'build']);
    expect((await lab.view(again)).stages[0]).toMatchObject({ state: 'reused', byRun: first.run });
  });

  test('what no run has passed is not believed', async () => {
    const shop = story(lab, 'never-passed');
    const first = graph(shop);
    lab.staging = no;
    await lab.start(first);
    await shop.ended(first);
    lab.artifacts.keep('source');
    const again = pipelineInput(
      retryPlan({ run: first.run, plan: first.plan, passed: [{ stage: 'test', evidence: [] }] }),
    );
    await lab.start(again);
    expect(await shop.ended(again)).toEqual({
      outcome: 'failed',
      failure: 'retry.impossible',
      reason: `the run cannot be tried again: run ${first.run} has not passed test`,
    });
  });
});
