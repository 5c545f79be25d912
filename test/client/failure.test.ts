import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../../src/cli/failure.js';
import { CommandError, explained, innermost } from '../../src/client/failure.js';
import { ShipwayError, UsageError } from '../../src/errors.js';

const ADDRESS = 'temporal.example.invalid:7233';
const grpc = (code: number, details = '', cause?: unknown): Error =>
  Object.assign(new Error(details, { cause }), { code, details });
const named = (name: string, message: string, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { name });

describe('what Temporal says, in sentences', () => {
  test.each<[string, unknown, string, string, number, string]>([
    [
      'unavailable',
      grpc(14),
      `Temporal at ${ADDRESS} does not answer`,
      'check TEMPORAL_ADDRESS',
      1,
      'unreachable',
    ],
    [
      'refused port',
      Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
      'does not answer',
      'shipway dev',
      1,
      'unreachable',
    ],
    [
      'unknown host',
      Object.assign(new Error('x'), { code: 'ENOTFOUND' }),
      'does not answer',
      'shipway dev',
      1,
      'unreachable',
    ],
    [
      'no connection',
      new Error('Failed to connect before the deadline'),
      'does not answer',
      'shipway dev',
      1,
      'unreachable',
    ],
    ['deadline', grpc(4), 'no worker answered in time', 'shipway doctor', 1, 'unanswered'],
    ['cancelled', grpc(1), 'no worker answered in time', 'start a worker', 1, 'unanswered'],
    [
      'update timed out',
      named('WorkflowUpdateRPCTimeoutOrCancelledError', 'x'),
      'no worker answered',
      'doctor',
      1,
      'unanswered',
    ],
    ['no permission', grpc(7), 'does not let us in', 'TEMPORAL_API_KEY', 3, 'other'],
    ['not known', grpc(16), 'does not let us in', 'TEMPORAL_TLS', 3, 'other'],
    [
      'namespace',
      grpc(5, 'Namespace x is not found.'),
      'no such namespace',
      'TEMPORAL_NAMESPACE',
      1,
      'other',
    ],
    ['not found', grpc(5, 'workflow not found'), 'knows no such workflow', 'shipway list', 1, 'not_found'],
    [
      'search attribute',
      grpc(3, 'invalid search attribute: X'),
      'search attributes yet',
      'a worker once',
      1,
      'other',
    ],
    ['precondition', grpc(9), 'cannot take this now', 'shipway ui RUN', 1, 'other'],
    [
      'gone',
      named('WorkflowNotFoundError', 'workflow not found for ID'),
      'knows no such',
      'shipway list',
      1,
      'not_found',
    ],
    [
      'over',
      named('WorkflowNotFoundError', 'workflow execution already completed'),
      'ended already',
      'list',
      1,
      'not_found',
    ],
    [
      'twice',
      named('WorkflowExecutionAlreadyStartedError', 'x'),
      'been started before',
      'shipway status',
      1,
      'other',
    ],
  ])('%s', (_, error, message, next, exit, kind) => {
    const said = explained(error, ADDRESS);
    expect(said).toBeInstanceOf(CommandError);
    expect(said).toMatchObject({ exit, kind, cause: error });
    expect(said.message).toContain(message);
    expect((said as CommandError).next).toContain(next);
  });

  test('a refused statement carries the reason of who refused, and exit code 3', () => {
    const why = ApplicationFailure.nonRetryable('alice asked for this run', 'statement.refused');
    const said = explained(new WorkflowUpdateFailedError('Workflow Update failed', why), ADDRESS);
    expect(said).toMatchObject({ message: 'alice asked for this run', exit: 3, kind: 'refused' });
  });

  test.each([
    ['policy.unknown_environment', 3, 'refused', 'add the environment to shipway.policy.yaml on the workers'],
    ['store.unavailable', 1, 'other', 'start it again; forward steps wait, going back does not'],
  ])('a row of the failure table is said with its next step and exit code: %s', (type, exit, kind, next) => {
    const why = ApplicationFailure.nonRetryable('the reason', type);
    const failed = new WorkflowUpdateFailedError(
      'Workflow Update failed',
      new Error('between', { cause: why }),
    );
    expect(explained(failed, ADDRESS)).toMatchObject({ message: 'the reason', exit, kind, next });
  });

  test('the code may be underneath', () => {
    const said = explained(new Error('outer', { cause: grpc(14) }), ADDRESS);
    expect(said).toMatchObject({ kind: 'unreachable' });
  });

  test('what is explained stays, what nobody foresaw stays itself', () => {
    const own = new CommandError('a', 'b', 3);
    const bug = new TypeError('x is not a function');
    expect(explained(own, ADDRESS)).toBe(own);
    expect(explained(bug, ADDRESS)).toBe(bug);
    expect(explained(grpc(3, 'bad page token'), ADDRESS)).not.toBeInstanceOf(CommandError);
    expect(explained('text', ADDRESS)).toEqual(new Error('text'));
  });

  test('the innermost message of a chain', () => {
    const failed = ApplicationFailure.nonRetryable('at the bottom', 'stage.failed');
    const error = new WorkflowFailedError(
      'Workflow failed',
      new Error('between', { cause: failed }),
      'x' as never,
    );
    expect(innermost(error)).toEqual({ message: 'at the bottom', type: 'stage.failed' });
    expect(innermost('text')).toEqual({ message: 'text' });
    expect(innermost(undefined)).toEqual({ message: 'undefined' });
  });
});

describe('how a command ends', () => {
  test.each<[string, unknown, ReturnType<typeof failureOf>]>([
    ['usage', new UsageError('a', 'b'), { message: 'a', next: 'b', exit: 2 }],
    ['a command’s own', new CommandError('a', 'b', 3), { message: 'a', next: 'b', exit: 3 }],
    [
      'with what was underneath',
      new CommandError('a', 'b', 1, new Error('fetch failed', { cause: new Error('connect ECONNREFUSED') })),
      { message: 'a', why: 'connect ECONNREFUSED', next: 'b', exit: 1 },
    ],
    [
      'which is not said twice',
      new CommandError('a: no route', 'b', 1, new Error('no route')),
      { message: 'a: no route', next: 'b', exit: 1 },
    ],
    [
      'a row of the failure table',
      new ShipwayError('plan.mismatch', 'it differs'),
      {
        message: 'it differs',
        why: 'plan.mismatch: the plan does not have the hash it was sent with, or leaves stages to a run without naming its release',
        next: 'start the run again with this version of the CLI',
        exit: 2,
      },
    ],
  ])('%s', (_, error, ending) => {
    expect(failureOf(error)).toEqual(ending);
  });

  test('an error that nobody foresaw is said to be that, with its code', () => {
    const error = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    expect(failureOf(error)).toMatchObject({ message: 'no space left', why: 'ENOSPC', exit: 1 });
    for (const odd of [new TypeError('x'), 'text', undefined, null])
      expect(failureOf(odd)).toMatchObject({ next: expect.stringContaining('DEBUG=1') as string, exit: 1 });
  });
});
