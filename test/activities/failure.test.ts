import { hostname } from 'node:os';
import { ActivityFailure, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import {
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { allFailing } from '../../activities/failure.js';
import { FAILURES, type FailureType } from '../../src/domain/failures.js';
import { ShipwayError } from '../../src/errors.js';
import { activityOf } from '../support/activity.js';

const thrown = async (error: unknown, cancelled = false): Promise<ApplicationFailure> => {
  const { env, run } = activityOf('w');
  if (cancelled) env.cancel();
  return run(() => Promise.reject(error as Error)).then(
    () => Promise.reject(new Error('nothing was thrown')),
    (failure: unknown) => failure as ApplicationFailure,
  );
};

test.each(Object.keys(FAILURES) as FailureType[])(
  '%s keeps its type, and is retried as its row says',
  async (type) => {
    const failure = await thrown(new ShipwayError(type, 'what happened', { cause: new Error('hunter2') }));
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type, message: 'what happened', nonRetryable: !FAILURES[type].retried });
    // A cause is a foreign text: it stays with the worker.
    expect(JSON.stringify(failure) + String(failure.cause?.message)).not.toContain('hunter2');
  },
);

test.each(['scan.unavailable', 'artifact.missing'] as const)(
  '%s is given up after ten tries, so that nothing is held for ever',
  async (type) => {
    const fails = (attempt: number) =>
      activityOf('w', { attempt }).run(() => Promise.reject(new ShipwayError(type, 'gone')));
    await expect(fails(9)).rejects.toMatchObject({ type, nonRetryable: false });
    await expect(fails(10)).rejects.toMatchObject({ type, nonRetryable: true });
  },
);

const update = (cause: Error | undefined): Error =>
  new WorkflowUpdateFailedError('Workflow Update failed', cause);
describe('what Temporal’s client throws', () => {
  test.each([
    ['a workflow that is gone', new WorkflowNotFoundError('not found', 'w', undefined)],
    [
      'a server that restarts',
      new ServiceError('14 UNAVAILABLE', { cause: new Error('connection refused') }),
    ],
    ['a target that started meanwhile', new WorkflowExecutionAlreadyStartedError('started', 'w', 'target')],
    ['an answer that did not come in time', new WorkflowUpdateRPCTimeoutOrCancelledError('timed out')],
    [
      'a workflow whose task has failed with its worker',
      // As an update with start brings it: FAILED_PRECONDITION of gRPC, in no class of the client's.
      Object.assign(
        new Error('Unable to perform workflow execution update due to Workflow Task in failed state.'),
        {
          code: 9,
          details: '',
          metadata: {},
        },
      ),
    ],
    ['an update without a word', update(undefined)],
    [
      'a workflow that ended under the update',
      update(ApplicationFailure.create({ type: 'AcceptedUpdateCompletedWorkflow' })),
    ],
  ])('%s is asked again', async (_, error) => {
    expect(await thrown(error)).toMatchObject({ type: 'temporal.unavailable', nonRetryable: false });
  });

  test('what an activity said to the workflow stays what it is: the same update would be answered the same again', async () => {
    const bug = ApplicationFailure.nonRetryable('nobody foresaw this', 'internal.bug');
    const said = new ActivityFailure('failed', 'noteRequest', '1', 'NON_RETRYABLE_FAILURE', undefined, bug);
    expect(await thrown(update(said))).toMatchObject({
      type: 'internal.bug',
      message: 'nobody foresaw this',
      nonRetryable: true,
    });
  });

  test('what a workflow has answered stays what it is', async () => {
    const said = update(ApplicationFailure.nonRetryable('not by you', 'statement.refused'));
    expect(await thrown(said)).toMatchObject({
      type: 'statement.refused',
      message: 'not by you',
      nonRetryable: true,
    });
    const strange = update(ApplicationFailure.nonRetryable('what', 'NoSuchType'));
    expect(await thrown(strange)).toMatchObject({ type: 'internal.bug', nonRetryable: true });
  });
});

test.each([
  ['an error', new TypeError('x is not a function')],
  ['a timeout of its own', new DOMException('The operation was aborted due to timeout', 'TimeoutError')],
  ['a text', 'just a text'],
  ['nothing', undefined],
  ['a system error', Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })],
])('%s that nobody foresaw is a bug: not retried, and in the log', async (_, error) => {
  const { logged, run } = activityOf('w');
  await expect(run(() => Promise.reject(error as Error))).rejects.toMatchObject({
    type: 'internal.bug',
    nonRetryable: true,
  });
  expect(logged.filter((l) => l.message === 'an activity met an error that nobody foresaw')).toHaveLength(1);
});

test.each(['ENOSPC', 'EDQUOT'])(
  'a full disk (%s) is no bug: it says where, and is tried again',
  async (code) => {
    const error = Object.assign(new Error(`${code}: no space left on device, write`), { code });
    expect(await thrown(error)).toMatchObject({
      ...{ type: 'disk.full', nonRetryable: false },
      message: `there is no room on the disk of ${hostname()}: ${code}: no space left on device, write`,
    });
  },
);

test('a failure that is one already is handed on as it is', async () => {
  const failure = ApplicationFailure.create({ type: 'stage.failed', message: 'x' });
  expect(await thrown(failure)).toBe(failure);
  const cancelled = new CancelledFailure('x');
  expect(await thrown(cancelled)).toBe(cancelled);
});

test('whatever a cancelled activity throws, it was cancelled', async () => {
  for (const error of [
    new ShipwayError('stage.lost', 'x'),
    new TypeError('x'),
    new DOMException('x', 'AbortError'),
  ])
    expect(await thrown(error, true)).toBeInstanceOf(CancelledFailure);
});

test('all activities of a record are wrapped, and what succeeds is untouched', async () => {
  const all = allFailing({
    good: (n: number) => Promise.resolve(n + 1),
    bad: () => Promise.reject(new Error('x')),
  });
  const { run } = activityOf('w');
  expect(await run(all.good, 1)).toBe(2);
  await expect(activityOf('w').env.run(all.bad)).rejects.toMatchObject({ type: 'internal.bug' });
});
