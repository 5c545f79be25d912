import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { statusOf } from '../../src/client/runs.js';

/** A Temporal that knows one workflow of this type, which has written nothing of itself. */
const knowing = (type: string): Client =>
  ({
    workflow: { getHandle: () => ({ describe: () => Promise.resolve({ type, memo: {} }) }) },
    workflowService: { describeTaskQueue: () => Promise.resolve({ pollers: [] }) },
  }) as never;

test.each([
  ['pipeline', 'x has written nothing of itself: it was started by hand', /Temporal’s UI/],
  ['target', 'x is no run of shipway, but a target', /shipway list/],
])('a %s without a view: %s', async (type, message, next) => {
  await expect(statusOf(knowing(type), 'default', 'x')).rejects.toMatchObject({
    message,
    next: expect.stringMatching(next) as string,
  });
});
