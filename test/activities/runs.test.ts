import { expect, test } from 'vitest';
import { finishRun } from '../../activities/runs.js';
import { activityOf } from '../support/activity.js';
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
