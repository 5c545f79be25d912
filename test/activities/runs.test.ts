import { expect, test } from 'vitest';
import { admitRun, finishRun } from '../../activities/runs.js';
import type { PipelineInput } from '../../src/domain/inputs.js';
import { activityOf } from '../support/activity.js';
import { RULES } from '../support/admission.js';
import { memoryStore } from '../support/memory-store.js';
import { pipelineInput, plan } from '../support/plans.js';

test('the end of a run, tried in two ways, is one entry; after a reset it is another', async () => {
  const store = memoryStore();
  const { plan: of, planHash, run } = pipelineInput(plan('v1'));
  const workflowId = `pipeline/shop/${run}`;
  const finish = (runId: string, activityId: string) =>
    activityOf(workflowId, { activityId, workflowExecution: { workflowId, runId } }).run(
      finishRun({ store }),
      {
        ...{ plan: of, planHash, run, outcome: 'shipped', reason: 'v1 is live' },
      },
    );
  await finish('first', '1');
  await finish('first', '2');
  expect(store.entries()).toHaveLength(1);
  await finish('reset', '1');
  expect(store.entries()).toHaveLength(2);
});

test('a run that was taken in is announced to where its stages may run; one that was refused, or begins with no source, is not', async () => {
  const announced: string[] = [];
  const deps = {
    store: memoryStore(),
    policy: () =>
      Promise.resolve({ environments: { production: { identity: 'asserted', approvals: RULES } } } as const),
    announce: (commit: string) => void announced.push(commit),
  };
  const admit = (input: PipelineInput, runId: string) =>
    activityOf(`pipeline/shop/${input.run}`, {
      workflowExecution: { workflowId: `pipeline/shop/${input.run}`, runId },
    }).run(admitRun(deps), input);
  const input = pipelineInput(plan('v1'));
  expect(await admit(input, 'first')).toEqual({ identity: 'asserted' });
  expect(announced).toEqual([input.plan.commit]);
  await expect(admit({ ...input, run: 'another' }, 'second')).rejects.toMatchObject({
    type: 'statement.refused',
  });
  const { stages } = input.plan;
  const without = stages.map((s) => (s.kind === 'command' ? { ...s, skipped: 'not for this branch' } : s));
  await admit(pipelineInput(plan('v2', { stages: without })), 'third');
  expect(announced).toHaveLength(1);
});
