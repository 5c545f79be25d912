import { afterEach, describe, expect, test } from 'vitest';
import type { QueueRules } from '../../src/domain/plan.js';
import { labOfFile } from '../support/lab.js';
import { calm } from '../support/phases.js';
import { deploymentPlan } from '../support/plans.js';
import { record } from '../support/record.js';
import { story } from '../support/story.js';

const lab = await labOfFile();
afterEach(() => {
  calm(lab);
});

const DAY_MS = 86_400_000;
const by = (rules: Partial<QueueRules>, bakeMs = 60_000) => ({
  deployment: deploymentPlan({
    strategy: { kind: 'blue_green' },
    bakeMs,
    queue: { policy: 'queue', duringBake: 'queue', minBakeMs: 1_000, ...rules },
  }),
});
const entries = (service: string, type: string) =>
  lab.store.entries().filter((e) => e.service === service && e.event_type === type);
/** The bake of this version goes on until something ends it. */
function bakes(service: string, version: string): void {
  lab.watching = (w) => {
    const release = lab.store.states.get(`${service}/production`)?.live?.release;
    const baking = w.service === service && w.phase === 'bake' && w.candidate.release === release?.digest;
    return baking && release?.version === version ? 'until interrupted' : undefined;
  };
}

describe('a run that finds its target at work', () => {
  test('takes the place of those that wait, and they are told', async () => {
    const shop = story(lab, 'supersede');
    bakes('supersede', 'v1');
    const first = await shop.begin('v1', by({}));
    await shop.watching('bake');
    const second = await shop.begin('v2', by({}));
    await shop.queued(second);
    const third = await shop.begin('v3', by({ policy: 'supersede' }));
    expect(await shop.ended(second)).toEqual({
      outcome: 'superseded',
      reason: `v3 of run ${third.run} takes its place`,
    });
    expect(await shop.status(second)).toBe('COMPLETED');
    expect(await shop.queued(third)).toBe('place 1 behind deployment/supersede/production/1');
    expect(entries('supersede', 'request.superseded').map((e) => e.version)).toEqual(['v2']);
    await record('pipeline-superseded', shop.pipeline(second));
    await shop.rollback();
    expect((await shop.ended(first)).outcome).toBe('rolled_back');
  });

  test('is refused at once when it does not wait, and nothing of the other changes', async () => {
    const shop = story(lab, 'busy');
    bakes('busy', 'v1');
    const first = await shop.begin('v1', by({}));
    await shop.watching('bake');
    const second = await shop.begin('v2', by({ policy: 'reject' }));
    expect(await shop.ended(second)).toEqual({
      outcome: 'failed',
      reason: 'deployment/busy/production/1 comes first, and this one does not wait (queue: reject)',
    });
    expect((await lab.view(second)).failure).toBe('target.busy');
    expect(entries('busy', 'request.refused').map((e) => e.details['type'])).toEqual(['target.busy']);
    expect(await shop.status(first)).toBe('RUNNING');
    calm(lab);
    await shop.rollback();
    await shop.ended(first);
  });

  test('that is free ships what does not wait', async () => {
    expect(await story(lab, 'free').ship('v1', by({ policy: 'reject' }))).toMatchObject({
      outcome: 'shipped',
    });
  });
});

describe('a bake', () => {
  test('that has lasted its least time ends for a run that asks for it, and its release is known good', async () => {
    const shop = story(lab, 'cut');
    bakes('cut', 'v1');
    const first = await shop.begin('v1', by({ minBakeMs: 0 }, DAY_MS));
    await shop.watching('bake');
    const second = await shop.begin('v2', by({ duringBake: 'supersede' }));
    expect(await shop.ended(first)).toMatchObject({ outcome: 'shipped' });
    const { reason } = await shop.deployed(1);
    expect(reason).toMatch(
      new RegExp(`^v1 serves production; its bake was cut short after \\d+ s for v2 of run ${second.run}$`),
    );
    expect(await shop.ended(second)).toMatchObject({ outcome: 'shipped' });
    expect(shop.state()).toMatchObject({ knownGood: { release: { version: 'v2' } }, holdMarks: [] });
    await record('deployment-bake-cut', shop.deployment(1));
  });

  test('lasts its least time before', async () => {
    const shop = story(lab, 'least');
    bakes('least', 'v1');
    const first = await shop.begin('v1', by({ minBakeMs: DAY_MS }, 2 * DAY_MS));
    await shop.watching('bake');
    await shop.begin('v2', by({ duringBake: 'supersede' }));
    await lab.until(async () => {
      const { events } = await shop.deployment(1).fetchHistory();
      const timers = events?.map((e) => e.timerStartedEventAttributes?.startToFireTimeout?.seconds);
      return timers?.some((s) => Number(s) > 86_000) === true ? true : undefined;
    }, 'the timer of the least time');
    expect(await shop.status(first)).toBe('RUNNING');
    await shop.rollback();
    expect((await shop.ended(first)).outcome).toBe('rolled_back');
  });

  test('goes on for a run that waits for all of it', async () => {
    const shop = story(lab, 'patient');
    bakes('patient', 'v1');
    const first = await shop.begin('v1', by({ minBakeMs: 0 }, DAY_MS));
    await shop.watching('bake');
    const second = await shop.begin('v2', by({ duringBake: 'queue' }));
    await shop.queued(second);
    expect(await shop.status(first)).toBe('RUNNING');
    expect((await shop.seen(1)).phase).toBe('bake');
    await shop.rollback();
    expect((await shop.ended(first)).outcome).toBe('rolled_back');
  });

  test('of a release that turns bad while another waits goes back, and is held', async () => {
    const shop = story(lab, 'turned');
    let turn = (): void => undefined;
    lab.watching = (w) =>
      w.service === 'turned' && w.phase === 'bake'
        ? new Promise((resolve) => {
            turn = () => {
              resolve({ verdict: { kind: 'fail', reason: 'errors' } });
            };
          })
        : undefined;
    const first = await shop.begin('v1', by({ minBakeMs: DAY_MS }, 2 * DAY_MS));
    await shop.watching('bake');
    await shop.begin('v2', by({ duringBake: 'supersede', policy: 'supersede' }));
    turn();
    expect((await shop.ended(first)).outcome).toBe('rolled_back');
    expect(shop.state()?.holdMarks.map((m) => m.version)).toEqual(['v1']);
  });
});
