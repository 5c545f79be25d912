import { ApplicationFailure } from '@temporalio/common';
import { beforeEach, describe, expect, test } from 'vitest';
import { labOfFile } from '../support/lab.js';
import { record } from '../support/record.js';
import { endedOf } from '../support/story.js';
import { deploymentPlan, pipelineInput, plan, statement } from '../support/plans.js';
import { MESSAGES } from '../../src/domain/messages.js';
import { deploymentId, pipelineId, targetId } from '../../src/domain/ids.js';
import type { PipelineInput } from '../../src/domain/inputs.js';
import type { Ended } from '../../src/domain/outcome.js';

const lab = await labOfFile('time skipping');
beforeEach(() => {
  lab.watching = () => undefined;
  lab.staging = () => Promise.resolve();
  lab.watched.length = 0;
  lab.world.log.length = 0;
});

const deployment = (n: number) =>
  lab.client.workflow.getHandle(deploymentId({ service: 'shop', environment: 'production' }, n));

const containing = (text: string): string => expect.stringContaining(text) as string;

const ended = (input: PipelineInput): Promise<Ended> =>
  endedOf(lab.client.workflow.getHandle(pipelineId(input.plan.service, input.run)));

async function ship(
  version: string,
  more: Parameters<typeof plan>[1] = {},
): Promise<{ input: PipelineInput; end: Ended }> {
  const input = pipelineInput(plan(version, more));
  await lab.start(input);
  await lab.answer(input, 'bob');
  return { input, end: await ended(input) };
}

describe('the main way', () => {
  let second: PipelineInput;

  test('a first release goes to 100 % at once and bakes', async () => {
    const { input, end } = await ship('v1');
    expect(end).toEqual({ outcome: 'shipped', reason: 'v1 is live in production' });
    await record('pipeline-shipped', lab.client.workflow.getHandle(pipelineId('shop', input.run)));
    await record('deployment-first', deployment(1));
    expect(lab.world.log).toEqual(['ensure blue v1', 'split blue 10000']);
    expect(lab.watched.map((w) => w.phase)).toEqual(['bake']);
    const state = lab.store.states.get('shop/production');
    expect(state?.live?.release.version).toBe('v1');
    expect(state?.knownGood?.release.version).toBe('v1');
    expect((await lab.view(input)).stages.map((s) => s.state)).toEqual([
      'passed',
      'passed',
      'passed',
      'passed',
    ]);
  });

  test('a second one takes its shares step by step, then the old slot goes', async () => {
    const { input, end } = await ship('v2');
    second = input;
    expect(end.outcome).toBe('shipped');
    expect(lab.world.log).toEqual([
      'ensure green v2',
      'split green 500',
      'split green 2500',
      'split green 10000',
      'remove blue',
    ]);
    expect(lab.watched.map((w) => w.phase)).toEqual(['canary 5 %', 'canary 25 %', 'bake']);
    await record('deployment-canary', deployment(2));
  });

  test('says in Temporal’s UI what each activity and each timer is for', async () => {
    const ids = [pipelineId('shop', second.run), targetId(second.plan), deploymentId(second.plan, 2)];
    const events = (
      await Promise.all(ids.map((id) => lab.client.workflow.getHandle(id).fetchHistory()))
    ).flatMap((history) => history.events ?? []);
    const named = events.map(
      ({ activityTaskScheduledEventAttributes: of, timerStartedEventAttributes: timer }) =>
        timer ? 'a timer' : of?.activityType?.name,
    );
    const silent = named.filter((name, i) => name && !events[i]?.userMetadata?.summary);
    expect(silent).toEqual([]);
    expect(named).toContain('finishDeployment');
    expect(named).toContain('a timer');
  });

  test('blue/green switches once', async () => {
    const { end } = await ship('v3', { deployment: deploymentPlan({ strategy: { kind: 'blue_green' } }) });
    expect(end.outcome).toBe('shipped');
    expect(lab.world.log).toEqual(['ensure blue v3', 'split blue 10000', 'remove green']);
    await record('deployment-blue-green', deployment(3));
  });

  test('bad metrics send the traffic back first, and automation may not ship it again', async () => {
    lab.watching = (w) =>
      w.phase === 'canary 25 %' ? { verdict: { kind: 'fail', reason: 'error rate 30 of 100' } } : undefined;
    const { end } = await ship('v4');
    expect(end).toEqual({ outcome: 'rolled_back', reason: 'error rate 30 of 100' });
    expect(lab.world.log).toEqual([
      'ensure green v4',
      'split green 500',
      'split green 2500',
      'split green 0',
      'remove green',
    ]);
    expect(lab.store.states.get('shop/production')?.live?.release.version).toBe('v3');
    lab.watching = () => undefined;
    const again = await ship('v4');
    expect(again.end).toMatchObject({
      outcome: 'failed',
      reason: containing('rolled back from here'),
    });
  });

  test('bad metrics in the bake bring the old release back as live', async () => {
    lab.watching = (w) => (w.phase === 'bake' ? { verdict: { kind: 'fail', reason: 'slow' } } : undefined);
    const { end } = await ship('v5');
    expect(end.outcome).toBe('rolled_back');
    expect(lab.world.log.slice(-2)).toEqual(['split green 0', 'remove green']);
    expect(lab.store.states.get('shop/production')?.live?.release.version).toBe('v3');
  });

  test('what fails before any traffic has failed, and its slot is gone', async () => {
    lab.world.fail('ensure', 'instance.not_ready');
    const { end } = await ship('v6');
    lab.world.fail('ensure', undefined);
    expect(end.outcome).toBe('failed');
    expect(lab.world.log).toEqual(['remove green']);
  });
});

describe('stages', () => {
  test('a failed command fails the run before anything is asked or moved', async () => {
    lab.staging = (stage) =>
      stage === 'test'
        ? Promise.reject(ApplicationFailure.nonRetryable('stage test: exit code 1', 'stage.failed'))
        : Promise.resolve();
    const input = pipelineInput(plan('v7'));
    await lab.start(input);
    expect(await ended(input)).toEqual({
      outcome: 'failed',
      reason: 'stage test: exit code 1',
      failure: 'stage.failed',
    });
    expect((await lab.view(input)).stages.map((s) => s.state)).toEqual([
      'failed',
      'pending',
      'pending',
      'pending',
    ]);
    expect(lab.world.log).toEqual([]);
  });
  test('its plan’s attempts are used up first', async () => {
    const tried: number[] = [];
    lab.staging = (stage, attempt) => {
      if (stage !== 'test') return Promise.resolve();
      tried.push(attempt);
      return attempt < 3
        ? Promise.reject(ApplicationFailure.nonRetryable('flaky', 'stage.failed'))
        : Promise.resolve();
    };
    const p = plan('v8');
    const stages = p.stages.map((s) =>
      s.kind === 'command' && s.name === 'test' ? { ...s, attempts: 3 } : s,
    );
    const input = pipelineInput({ ...p, stages });
    await lab.start(input);
    await lab.answer(input, 'bob');
    expect((await ended(input)).outcome).toBe('shipped');
    expect(tried).toEqual([1, 2, 3]);
  });
  test('a tampered plan is refused', async () => {
    const input = { ...pipelineInput(plan('v9')), planHash: '0'.repeat(64) };
    await lab.start(input);
    expect(await ended(input)).toMatchObject({
      outcome: 'failed',
      reason: containing('was sent as'),
    });
    expect((await lab.view(input)).failure).toBe('plan.mismatch');
  });
});

describe('the approval gate', () => {
  test('expires', async () => {
    const input = pipelineInput(plan('v10'));
    await lab.start(input);
    await lab.until(async () => (await lab.view(input)).waitingFor, 'the gate');
    await lab.env.sleep('25h');
    expect((await ended(input)).outcome).toBe('expired');
    await record('pipeline-expired', lab.client.workflow.getHandle(pipelineId('shop', input.run)));
  });
  test('takes a no, with the reason', async () => {
    const input = pipelineInput(plan('v11'));
    await lab.start(input);
    const waiting = await lab.until(async () => (await lab.view(input)).waitingFor, 'the gate');
    const no = statement('carol', 'reject', waiting.decision ?? '', { reason: 'not today' });
    await lab.client.workflow
      .getHandle(pipelineId('shop', input.run))
      .executeUpdate('reject', { args: [no] });
    expect(await ended(input)).toEqual({ outcome: 'rejected', reason: 'rejected by carol: not today' });
  });
  test('refuses who asked, who is late, what is about something else, and what was used before', async () => {
    const input = pipelineInput(plan('v12'));
    const handle = await lab.start(input);
    expect(await lab.answer(input, 'alice')).toEqual({
      status: 'refused',
      message: containing('may not approve it'),
    });
    const tried = lab.store
      .entries()
      .filter((e) => e.workflow === handle.workflowId)
      .at(-1);
    expect(tried).toMatchObject({ event_type: 'statement.refused', user: 'alice' });
    expect(tried?.statement).toMatchObject({ person: 'alice', verb: 'approve' });
    const waiting = await lab.until(async () => (await lab.view(input)).waitingFor, 'the gate');
    const send = (s: ReturnType<typeof statement>) =>
      handle.executeUpdate<{ status: string; message: string }, [typeof s]>('approve', { args: [s] });
    await expect(send(statement('bob', 'approve', 'f'.repeat(64)))).rejects.toMatchObject({
      cause: { message: containing('the gate asks for') },
    });
    expect(
      await send(statement('bob', 'approve', waiting.decision ?? '', { until: '2020-01-01T00:00:00.000Z' })),
    ).toMatchObject({ status: 'refused' });
    await lab.store.nonces.claim('used', 'somewhere', 'else');
    expect(await send(statement('bob', 'approve', waiting.decision ?? '', { nonce: 'used' }))).toMatchObject({
      status: 'refused',
      message: containing('used before'),
    });
    expect(await send(statement('bob', 'approve', waiting.decision ?? ''))).toMatchObject({
      status: 'accepted',
    });
    expect((await ended(input)).outcome).toBe('shipped');
  });
  test('takes a signal, and a late or broken one changes nothing', async () => {
    const input = pipelineInput(plan('v13'));
    const handle = await lab.start(input);
    const waiting = await lab.until(async () => (await lab.view(input)).waitingFor, 'the gate');
    await handle.signal(MESSAGES.approve, 'nonsense');
    await handle.signal(MESSAGES.approve, statement('bob', 'approve', waiting.decision ?? ''));
    expect((await ended(input)).outcome).toBe('shipped');
    const refused = lab.store
      .entries()
      .filter((e) => e.event_type === 'statement.refused' && e.workflow.endsWith(input.run));
    expect(refused.map((e) => e.details['why'])).toEqual(['a statement is an object']);
  });
});
