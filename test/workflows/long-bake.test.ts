import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { labOfFile } from '../support/lab.js';
import { story } from '../support/story.js';

const lab = await labOfFile('time skipping');

/** Time is skipped only while no activity runs, so the watch of a long bake is one that is between two attempts. */
const later = ApplicationFailure.create({ message: 'still baking', nextRetryDelay: '30d' });

test('a bake of ten days with a run behind it: few messages, and a rollback still gets through', async () => {
  const shop = story(lab, 'long-bake');
  expect((await shop.ship('v1')).outcome).toBe('shipped');
  lab.watching = (w) => {
    if (w.phase === 'bake') throw later;
    return undefined;
  };
  lab.watched.length = 0;
  const baking = await shop.begin('v2');
  await shop.watching('bake');
  const behind = await shop.begin('v3');
  await lab.env.sleep('10d');
  const { events } = await shop.target().fetchHistory();
  const taken = events?.filter((e) => e.workflowExecutionUpdateAcceptedEventAttributes != null).length;
  // Two runs ask once an hour; the server takes 2,000 messages.
  expect(taken).toBeGreaterThan(2 * 10 * 24 - 10);
  expect(taken).toBeLessThan(2 * 10 * 24 + 30);
  expect((await shop.pipeline(behind).describe()).historyLength).toBeLessThan(4_000);
  expect(await shop.rollback()).toMatchObject({
    status: 'running',
    deployment: shop.deployment(2).workflowId,
  });
  expect((await shop.ended(baking)).outcome).toBe('rolled_back');
}, 180_000);
