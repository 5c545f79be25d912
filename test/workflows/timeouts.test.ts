import type { WorkflowHandle } from '@temporalio/client';
import { expect, test } from 'vitest';
import { labOfFile } from '../support/lab.js';
import { deploymentPlan } from '../support/plans.js';
import { story } from '../support/story.js';

const lab = await labOfFile('real');

/** Seconds that an attempt of each activity may take. */
async function attempts(handle: WorkflowHandle): Promise<Readonly<Record<string, number>>> {
  const { events } = await handle.fetchHistory();
  return Object.fromEntries(
    (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: of }) =>
      of?.activityType?.name == null
        ? []
        : [[of.activityType.name, Number(of.startToCloseTimeout?.seconds ?? NaN)]],
    ),
  );
}

test('what waits for requests in flight, or for instances to start, has as long as the plan gives them, and a margin', async () => {
  const shop = story(lab, 'patient');
  const plain = deploymentPlan();
  const deployment = (startupTimeoutMs: number) =>
    deploymentPlan({
      ...{ strategy: { kind: 'blue_green' }, bakeMs: 100, drainTimeoutMs: 3_600_000 },
      configuration: { ...plain.configuration, startupTimeoutMs },
    });
  expect((await shop.ship('v1', { deployment: deployment(600_000) })).outcome).toBe('shipped');
  expect((await shop.ship('v2', { deployment: deployment(30_000) })).outcome).toBe('shipped');
  expect(await attempts(shop.deployment(2))).toMatchObject({ retireSlot: 3_660 });

  lab.watching = (w) => (w.phase === 'bake' ? 'until interrupted' : undefined);
  lab.watched.length = 0;
  const third = await shop.begin('v3', { deployment: deployment(600_000) });
  await shop.watching('bake');
  await shop.deployment(3).terminate('by hand');
  expect((await shop.ended(third)).outcome).toBe('rolled_back');
  expect(await attempts(shop.deployment(4))).toMatchObject({ restoreTarget: 3_690 });

  expect((await shop.rollback({ to: 'v1' })).status).toBe('running');
  await lab.until(
    () => Promise.resolve(shop.state()?.live?.release.version === 'v1' || undefined),
    'the rollback',
  );
  lab.watched.length = 0;
  const fourth = await shop.begin('v4', { deployment: deployment(30_000) });
  await shop.watching('bake');
  await shop.rollback();
  expect((await shop.ended(fourth)).outcome).toBe('rolled_back');
  // v1, which it goes back to, may take longer to start than v4.
  expect(await attempts(shop.deployment(6))).toMatchObject({ undoShift: 660, undoProvision: 660 });
}, 120_000);
