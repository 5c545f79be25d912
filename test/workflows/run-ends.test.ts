import { ApplicationFailure } from '@temporalio/common';
import { beforeEach, describe, expect, test } from 'vitest';
import { pipelineId } from '../../src/domain/ids.js';
import type { PipelineInput } from '../../src/domain/inputs.js';
import { MESSAGES, type Accepted } from '../../src/domain/messages.js';
import { labOfFile } from '../support/lab.js';
import { commandStage, pipelineInput, plan, statement } from '../support/plans.js';
import { record } from '../support/record.js';
import { story, type Story } from '../support/story.js';

const lab = await labOfFile('time skipping');
beforeEach(() => {
  lab.staging = () => Promise.resolve();
});

const abort = (shop: Story, input: PipelineInput): Promise<Accepted> => {
  const said = statement('carol', 'abort', pipelineId(shop.service, input.run), { reason: 'wrong one' });
  return shop.pipeline(input).executeUpdate<Accepted, [typeof said]>(MESSAGES.abort, { args: [said] });
};
const events = (input: PipelineInput) =>
  lab.store.entries().filter((e) => e.workflow === pipelineId(input.plan.service, input.run));

describe('what a second try is for', () => {
  test.each([
    ['stage.failed', [1, 2]],
    ['stage.timeout', [1, 2]],
    ['stage.lost', [1]],
    ['stage.artifact_missing', [1]],
  ])('%s: %j', async (type, expected) => {
    const shop = story(lab, type.replace('.', '-').replace('_', '-'));
    const tried: number[] = [];
    lab.staging = (_, attempt) => {
      tried.push(attempt);
      return Promise.reject(ApplicationFailure.nonRetryable('no', type));
    };
    const stages = [commandStage('migrate', { attempts: 2, onLost: 'fail' })];
    const input = pipelineInput(plan('v1', { service: shop.service, stages }));
    await lab.start(input);
    expect((await shop.ended(input)).outcome).toBe('failed');
    expect(tried).toEqual(expected);
  });
});

describe('once its version is live a run has shipped', () => {
  const announcing = (service: string) => {
    const { stages } = plan('v1', { service });
    return { stages: [...stages, commandStage('announce')] };
  };

  test('a stage that fails after that is named', async () => {
    const shop = story(lab, 'announce-fails');
    lab.staging = (stage) =>
      stage === 'announce'
        ? Promise.reject(ApplicationFailure.nonRetryable('exit code 1', 'stage.failed'))
        : Promise.resolve();
    const input = await shop.begin('v1', announcing(shop.service));
    expect(await shop.ended(input)).toEqual({
      outcome: 'shipped',
      reason: 'v1 is live in production; announce did not pass: exit code 1',
    });
    expect(await shop.status(input)).toBe('COMPLETED');
    expect((await lab.view(input)).stages.at(-1)?.state).toBe('failed');
    expect(shop.state()?.live?.release.version).toBe('v1');
    await record('pipeline-live-and-failed', shop.pipeline(input));
  });

  test('an abort after that says what stays, and stops the rest', async () => {
    const shop = story(lab, 'announce-aborted');
    const stalled = lab.stallStage('announce');
    const input = await shop.begin('v1', announcing(shop.service));
    const aborted = stalled.then(() => abort(shop, input));
    expect(await shop.ended(input)).toEqual({
      outcome: 'shipped',
      reason: 'v1 is live in production; announce did not pass: aborted by carol: wrong one',
    });
    expect(await aborted).toMatchObject({
      status: 'accepted',
      message:
        'v1 is live in production and stays so: what comes after it is stopped; shipway rollback takes it back',
    });
  });
});

test('an abort that comes while the end is being recorded is refused', async () => {
  const shop = story(lab, 'abort-late');
  const input = pipelineInput(plan('v1', { service: shop.service, stages: [commandStage('test')] }));
  lab.staging = () => {
    lab.store.away(6, 'audit.append');
    return Promise.resolve();
  };
  const handle = await lab.start(input);
  await lab.until(async () => (await lab.view(input)).outcome, 'the outcome');
  await expect(abort(shop, input)).rejects.toMatchObject({
    cause: { message: 'the run has ended: shipped' },
  });
  expect(await handle.result()).toMatchObject({ outcome: 'shipped' });
});

test('a release whose artifact is gone fails its deployment, and the next one is served', async () => {
  const shop = story(lab, 'artifact-gone');
  lab.world.fail('ensure', 'artifact.missing');
  const input = await shop.begin('v1');
  await lab.env.sleep('1h');
  expect(await shop.ended(input)).toEqual({
    outcome: 'failed',
    reason: 'ensure was made to fail',
    failure: 'artifact.missing',
  });
  lab.world.fail('ensure', undefined);
  expect((await shop.ship('v2')).outcome).toBe('shipped');
});

describe('the audit of a gate', () => {
  test('an answer that counted and came too late says both', async () => {
    const shop = story(lab, 'too-late');
    const input = pipelineInput(plan('v1', { service: shop.service }));
    const handle = await lab.start(input);
    const { decision = '' } = await lab.until(async () => (await lab.view(input)).waitingFor, 'the gate');
    // Both are taken in while the gate is open, and both are verified after that.
    lab.store.away(2, 'nonces.claim');
    const answers = await Promise.all(
      ['bob', 'carol'].map((person) => {
        const yes = statement(person, 'approve', decision);
        return handle.executeUpdate<Accepted, [typeof yes]>(MESSAGES.approve, { args: [yes] });
      }),
    );
    expect(answers.map((a) => a.status).sort()).toEqual(['accepted', 'refused']);
    await lab.env.sleep('1h');
    expect((await shop.ended(input)).outcome).toBe('shipped');
    const said = events(input).filter((e) => e.event_type.startsWith('statement.'));
    expect(said.map((e) => e.event_type).sort()).toEqual([
      'statement.accepted',
      'statement.accepted',
      'statement.accepted',
      'statement.refused',
    ]);
    expect(said.at(-1)?.details).toMatchObject({ why: 'the gate is closed: approved' });
  });

  test.each([
    ['nobody is asked', 'staging', 'approved'],
    ['the run is aborted', 'production', 'withdrawn'],
  ])('is closed when %s', async (_, environment, verdict) => {
    const shop = story(lab, `closed-${verdict}`);
    const stages = plan('v1').stages.slice(0, 3);
    const input = pipelineInput(plan('v1', { service: shop.service, environment, stages }));
    await lab.start(input);
    if (verdict === 'withdrawn') {
      await lab.until(async () => (await lab.view(input)).waitingFor, 'the gate');
      await abort(shop, input);
    }
    await shop.ended(input);
    const gates = events(input).filter((e) => e.event_type.startsWith('gate.'));
    expect(gates).toMatchObject([
      { event_type: 'gate.opened' },
      { event_type: 'gate.closed', details: { verdict, by: [] } },
    ]);
    expect(gates[1]?.details['decision']).toBe(gates[0]?.details['decision']);
  });
});
