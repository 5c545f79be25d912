import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { pipelineId } from '../../src/domain/ids.js';
import { MESSAGES, type Accepted } from '../../src/domain/messages.js';
import type { WatchResult } from '../../src/domain/watching.js';
import { labOfFile } from '../support/lab.js';
import { pipelineInput, plan, statement } from '../support/plans.js';
import { record } from '../support/record.js';
import { story, type Story } from '../support/story.js';

// The time-skipping server loses a workflow task that cancels an activity which ends just then.
const lab = await labOfFile('real');
afterEach(() => {
  lab.store.away(0);
  lab.watching = () => undefined;
});

const FOREVER = Infinity;
const BAD: Partial<WatchResult> = { verdict: { kind: 'fail', reason: 'errors' } };

/** v1 is live. */
async function settled(service: string): Promise<Story> {
  const shop = story(lab, service);
  expect((await shop.ship('v1')).outcome).toBe('shipped');
  [lab.watched.length, lab.world.log.length] = [0, 0];
  return shop;
}
const logged = (line: string) =>
  lab.until(() => Promise.resolve(lab.world.log.includes(line) || undefined), line, 30_000);
/** The store comes back when the world says so. */
const backAfter = (line: string): Promise<void> =>
  logged(line).then(() => {
    lab.store.away(0);
  });
const entriesOf = (shop: Story, event: string) =>
  lab.store.entries().filter((e) => e.event_type === event && e.service === shop.service);

describe('a candidate that turns bad while a step forward waits for the store goes back at once', () => {
  test.each([
    ['shift', 'canary 5 %', undefined, 'split green 0', ['split green 500']],
    [
      'promote',
      'canary 25 %',
      'targets.save',
      'split green 0',
      ['split green 500', 'split green 2500', 'split green 10000'],
    ],
  ])('%s', async (step, before, method, until, shifted) => {
    const shop = await settled(`waiting-${step}`);
    lab.watching = (w) => {
      if (w.phase === before) lab.store.away(FOREVER, method);
      return w.phase === 'waiting' ? BAD : undefined;
    };
    const input = await shop.begin('v2');
    const back = backAfter(until);
    expect(await shop.ended(input)).toEqual({ outcome: 'rolled_back', reason: 'errors' });
    await back;
    expect(lab.world.log).toEqual(['ensure green v2', ...shifted, 'split green 0', 'remove green']);
    expect(shop.state()?.holdMarks).toMatchObject([{ version: 'v2' }]);
    await record(`deployment-waiting-${step}`, shop.deployment(2));
  });

  test('the question about doubt', async () => {
    const shop = await settled('waiting-question');
    lab.watching = (w) => {
      if (w.phase === 'parked') return BAD;
      lab.store.away(FOREVER);
      return { verdict: { kind: 'inconclusive', reason: 'too little' } };
    };
    const input = await shop.begin('v2');
    const back = backAfter('split green 0');
    expect(await shop.ended(input)).toEqual({ outcome: 'rolled_back', reason: 'errors' });
    await back;
    const gates = ['gate.opened', 'gate.closed'].map((e) =>
      entriesOf(shop, e).filter((entry) => entry.details['question'] === 'parked'),
    );
    expect(gates[0]).toHaveLength(1);
    expect(gates[1]).toMatchObject([{ details: { verdict: 'withdrawn' } }]);
  });
});

test('a step that waits while the candidate is good is made when the store is back', async () => {
  const shop = await settled('waiting-good');
  lab.watching = (w) => {
    if (w.phase === 'canary 5 %') lab.store.away(FOREVER);
    if (w.phase !== 'waiting') return undefined;
    lab.store.away(0);
    return 'until interrupted';
  };
  expect((await shop.ship('v2')).outcome).toBe('shipped');
  expect(lab.watched.map((w) => w.phase)).toEqual(['canary 5 %', 'waiting', 'canary 25 %', 'bake']);
});

describe('going back does not wait for the store', () => {
  const inBake = async (service: string) => {
    const shop = await settled(service);
    lab.watching = (w) => (w.phase === 'bake' ? 'until interrupted' : undefined);
    const input = await shop.begin('v2');
    await shop.watching('bake');
    lab.store.away(FOREVER);
    return { shop, input };
  };

  test('a rollback; its entry follows, marked late', async () => {
    const { shop, input } = await inBake('back-away');
    const back = backAfter('split green 0');
    expect(await shop.rollback()).toEqual({ status: 'running', deployment: shop.deployment(2).workflowId });
    await back;
    expect(await shop.ended(input)).toEqual({ outcome: 'rolled_back', reason: 'rollback by carol: bad' });
    const said = await lab.until(
      () => Promise.resolve(entriesOf(shop, 'statement.accepted').find((e) => e.user === 'carol')),
      'the entry',
    );
    expect(said).toMatchObject({ late: true, statement: { verb: 'rollback' } });
    await record('target-back-away', shop.target());
  });

  test('one that is refused afterwards has gone back, and that is recorded', async () => {
    const { shop, input } = await inBake('back-refused');
    const back = backAfter('split green 0');
    const used = statement('carol', 'rollback', shop.target().workflowId, { nonce: 'used-before' });
    lab.store.away(0);
    await lab.store.nonces.claim(used.nonce, 'somewhere', 'else');
    lab.store.away(FOREVER);
    expect(await shop.rollback({ statement: used })).toMatchObject({ status: 'running' });
    await back;
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
    const refused = await lab.until(
      () => Promise.resolve(entriesOf(shop, 'statement.refused').at(-1)),
      'the entry',
    );
    expect(refused).toMatchObject({ late: true, user: 'carol', details: { acted_on: true } });
  });

  test('one to an earlier release is verified when the store is back, and done then', async () => {
    const shop = await settled('back-further');
    expect((await shop.ship('v2')).outcome).toBe('shipped');
    lab.watched.length = 0;
    lab.watching = (w) => (w.phase === 'bake' ? 'until interrupted' : undefined);
    const input = await shop.begin('v3');
    await shop.watching('bake');
    lab.store.away(FOREVER, 'nonces.claim');
    expect(await shop.rollback({ to: 'v1' })).toMatchObject({ status: 'running' });
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
    lab.watching = () => undefined;
    await new Promise((r) => setTimeout(r, 1_000));
    lab.store.away(0);
    await lab.until(() => Promise.resolve(shop.state()?.live?.release.version === 'v1' || undefined), 'v1');
  });

  test('one whose time is over is not taken', async () => {
    const { shop, input } = await inBake('back-old');
    const until = '2020-01-01T00:00:00.000Z';
    const old = shop.rollback({
      statement: statement('carol', 'rollback', shop.target().workflowId, { until }),
    });
    await new Promise((r) => setTimeout(r, 2_000));
    expect(lab.world.log).not.toContain('split green 0');
    lab.store.away(0);
    expect(await old).toMatchObject({ status: 'refused' });
    await shop.rollback();
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
  });

  test('an abort', async () => {
    const { shop, input } = await inBake('abort-away');
    const workflow = pipelineId(shop.service, input.run);
    const said = statement('carol', 'abort', workflow, { reason: 'wrong one' });
    const back = backAfter('split green 0');
    const answer = await shop
      .pipeline(input)
      .executeUpdate<Accepted, [typeof said]>(MESSAGES.abort, { args: [said] });
    expect(answer.status).toBe('accepted');
    await back;
    expect((await shop.ended(input)).outcome).toBe('aborted');
    expect(entriesOf(shop, 'statement.accepted').find((e) => e.user === 'carol')).toMatchObject({
      late: true,
    });
    await record('pipeline-abort-away', shop.pipeline(input));
  });

  test('an abort while the question is being opened: the run waits for nobody when it has ended', async () => {
    const shop = story(lab, 'abort-opening');
    onTestFinished(() => {
      lab.staging = () => Promise.resolve();
    });
    // The run is taken in; opening the question is the next that reads the target.
    lab.staging = (stage) =>
      Promise.resolve(stage === 'build' ? lab.store.away(FOREVER, 'targets.load') : undefined);
    const input = pipelineInput(plan('v1', { service: shop.service }));
    await lab.start(input);
    await lab.until(async () => (await lab.view(input)).release, 'the question is next');
    const said = statement('carol', 'abort', pipelineId(shop.service, input.run), { reason: 'wrong one' });
    await shop.pipeline(input).executeUpdate<Accepted, [typeof said]>(MESSAGES.abort, { args: [said] });
    await lab.until(async () => (await lab.view(input)).outcome, 'the end');
    lab.store.away(0);
    expect((await shop.ended(input)).outcome).toBe('aborted');
    expect((await lab.view(input)).stages.map((s) => s.state)).not.toContain('waiting');
  });

  test('a no to going on in doubt', async () => {
    const shop = await settled('reject-away');
    lab.watching = (w) =>
      w.phase === 'parked'
        ? 'until interrupted'
        : { verdict: { kind: 'inconclusive', reason: 'too little' } };
    const input = await shop.begin('v2');
    const asked = await lab.until(
      async () => (await shop.seen(2).catch(() => undefined))?.waitingFor,
      'the gate',
    );
    lab.store.away(FOREVER);
    const back = backAfter('split green 0');
    const no = statement('carol', 'reject', asked.decision ?? '');
    const answer = await shop
      .deployment(2)
      .executeUpdate<Accepted, [typeof no]>(MESSAGES.reject, { args: [no] });
    expect(answer).toEqual({ status: 'accepted', message: 'rejected' });
    await back;
    expect(await shop.ended(input)).toEqual({
      outcome: 'rolled_back',
      reason: 'parked (too little) and sent back by carol',
    });
    expect(entriesOf(shop, 'statement.accepted').find((e) => e.user === 'carol')).toMatchObject({
      late: true,
    });
  });
});
