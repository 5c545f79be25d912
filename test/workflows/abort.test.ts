import { afterEach, describe, expect, test } from 'vitest';
import { pipelineId } from '../../src/domain/ids.js';
import type { PipelineInput } from '../../src/domain/inputs.js';
import { MESSAGES, type Accepted } from '../../src/domain/messages.js';
import { labOfFile } from '../support/lab.js';
import { calm, phases, thereAndBack } from '../support/phases.js';
import { pipelineInput, plan, statement, scanStage } from '../support/plans.js';
import { record } from '../support/record.js';
import { story, type Story } from '../support/story.js';

const lab = await labOfFile();
afterEach(() => {
  calm(lab);
});

async function abort(shop: Story, input: PipelineInput): Promise<Accepted> {
  const s = statement('carol', 'abort', pipelineId(shop.service, input.run), { reason: 'wrong one' });
  return shop.pipeline(input).executeUpdate<Accepted, [typeof s]>(MESSAGES.abort, { args: [s] });
}

/** Temporal says Canceled, the view who and why, users have `live` and nothing else, and the target serves the next request. */
async function expectAborted(
  shop: Story,
  input: PipelineInput,
  reason: string,
  live: readonly string[] = [],
): Promise<void> {
  expect((await shop.ended(input)).outcome).toBe('aborted');
  expect(await shop.status(input)).toBe('CANCELLED');
  expect(await lab.view(input)).toMatchObject({ outcome: 'aborted', reason });
  const finished = lab.store
    .entries()
    .filter((e) => e.event_type === 'run.finished' && e.service === shop.service);
  expect(finished.at(-1)?.details).toMatchObject({ outcome: 'aborted', reason });
  expect(lab.store.openPermits()).toEqual([]);
  expect([shop.slots(), shop.serving()]).toEqual([live, live]);
  calm(lab);
  expect((await shop.ship('next')).outcome).toBe('shipped');
}

const BY_CAROL = 'aborted by carol: wrong one';
const ways: [string, (shop: Story, input: PipelineInput) => Promise<unknown>, string][] = [
  ['an abort', abort, BY_CAROL],
  ['Temporal’s own cancel', (shop, input) => shop.pipeline(input).cancel(), 'cancelled in Temporal'],
];

describe.each(ways)('%s', (name, stop, reason) => {
  const service = (phase: string) => `${name.startsWith('an') ? 'abort' : 'cancel'}-${phase}`;

  test.each(['test', 'scan'])('while stage %s runs', async (stage) => {
    const shop = story(lab, service(stage));
    const { stages } = plan('v1');
    const input = pipelineInput(plan('v1', { service: shop.service, stages: [scanStage(), ...stages] }));
    const begun = lab.stallStage(stage);
    await lab.start(input);
    await begun;
    await stop(shop, input);
    await expectAborted(shop, input, reason);
  });

  test('while it waits for approval', async () => {
    const shop = story(lab, service('approval'));
    const input = pipelineInput(plan('v1', { service: shop.service }));
    await lab.start(input);
    await lab.until(async () => (await lab.view(input)).waitingFor, 'the gate');
    await stop(shop, input);
    await expectAborted(shop, input, reason);
  });

  test('while it waits behind another deployment, which goes on', async () => {
    const shop = story(lab, service('queue'));
    lab.watching = (w) => (w.phase === 'bake' ? 'until interrupted' : undefined);
    const first = await shop.begin('v1');
    await shop.watching('bake');
    const second = await shop.begin('v2');
    expect(await shop.queued(second)).toMatch(/^place 1 /);
    await stop(shop, second);
    expect((await shop.ended(second)).outcome).toBe('aborted');
    expect(await shop.status(second)).toBe('CANCELLED');
    expect(lab.world.log).toEqual(['ensure blue v1', 'split blue 10000']);
    expect(await shop.status(first)).toBe('RUNNING');
    await stop(shop, first);
    await expectAborted(shop, first, reason);
    await record(`target-${shop.service}`, shop.target());
  });

  test.each(phases(lab).map((phase) => [phase.name, phase] as const))('in %s', async (_, phase) => {
    const shop = story(lab, service(phase.name.replaceAll(/[^a-z0-9]/g, '')));
    await shop.ship('v1');
    [lab.watched.length, lab.world.log.length] = [0, 0];
    const { input, goOn } = await phase.reach(shop);
    await stop(shop, input);
    await shop.heard(MESSAGES.withdraw);
    goOn?.();
    expect((await shop.ended(input)).outcome).toBe('aborted');
    expect(lab.world.log).toEqual(thereAndBack(phase));
    expect(shop.state()?.live?.release.version).toBe('v1');
    expect(shop.state()?.holdMarks).toEqual([]);
    expect(lab.store.rows().findLast((r) => r.service === shop.service)).toMatchObject({
      outcome: 'aborted',
    });
    expect((await shop.seen(2)).waitingFor).toBeUndefined();
    expect((await shop.deployment(2).describe()).status.name).toBe('CANCELLED');
    await record(`pipeline-${shop.service}`, shop.pipeline(input));
    await record(`deployment-${shop.service}`, shop.deployment(2));
    await expectAborted(shop, input, reason, ['blue']);
  });

  test('while the old slot is being removed: it comes too late', async () => {
    const shop = story(lab, service('retire'));
    await shop.ship('v1');
    lab.world.fail('remove', 'provider.unavailable');
    const input = await shop.begin('v2');
    await shop.reaches(2, 'retire');
    await shop.rests(input);
    await stop(shop, input);
    await shop.heard(MESSAGES.withdraw);
    lab.world.fail('remove', undefined);
    expect(await shop.ended(input)).toEqual({ outcome: 'shipped', reason: 'v2 is live in production' });
    expect(await shop.status(input)).toBe('COMPLETED');
    expect((await shop.deployment(2).describe()).status.name).toBe('COMPLETED');
    expect(shop.state()?.knownGood?.release.version).toBe('v2');
    expect([shop.slots(), shop.serving()]).toEqual([['green'], ['green']]);
    expect(lab.store.openPermits()).toEqual([]);
    expect((await shop.ship('next')).outcome).toBe('shipped');
  });
});

test('whoever aborted and why stands in the record, also when the cancellation came first', async () => {
  const shop = story(lab, 'abort-after-cancel');
  await shop.ship('v1');
  lab.watched.length = 0;
  lab.watching = (w) => (w.phase === 'bake' ? 'until interrupted' : undefined);
  const input = await shop.begin('v2');
  await shop.watching('bake');
  lab.world.fail('split', 'router.unavailable');
  await shop.deployment(2).cancel();
  await lab.until(
    async () => (await shop.seen(2)).timeline.find(({ what }) => what.startsWith('going back')),
    'the way back',
  );
  await abort(shop, input);
  await shop.heard(MESSAGES.withdraw);
  lab.world.fail('split', undefined);
  expect((await shop.ended(input)).outcome).toBe('aborted');
  expect(lab.store.rows().findLast((r) => r.service === shop.service)).toMatchObject({
    ...{ outcome: 'aborted', reason: 'abort by carol: wrong one' },
  });
});

test('an abort is answered, and one about another run is refused', async () => {
  const shop = story(lab, 'abort-answer');
  const input = pipelineInput(plan('v1', { service: shop.service }));
  await lab.start(input);
  await lab.until(async () => (await lab.view(input)).waitingFor, 'the gate');
  const send = (s: ReturnType<typeof statement>) =>
    shop.pipeline(input).executeUpdate<Accepted, [typeof s]>(MESSAGES.abort, { args: [s] });
  await expect(send(statement('carol', 'abort', 'pipeline/other/x'))).rejects.toMatchObject({
    cause: { message: expect.stringMatching('the statement is about pipeline/other/x') as string },
  });
  const late = statement('carol', 'abort', pipelineId(shop.service, input.run), {
    until: '2020-01-01T00:00:00Z',
  });
  expect(await send(late)).toMatchObject({ status: 'refused' });
  expect(await abort(shop, input)).toEqual({
    status: 'accepted',
    message: 'aborting: what was done is being undone',
  });
  expect((await shop.ended(input)).outcome).toBe('aborted');
});
