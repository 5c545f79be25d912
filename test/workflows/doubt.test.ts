import { afterEach, describe, expect, test } from 'vitest';
import { MESSAGES, type Accepted } from '../../src/domain/messages.js';
import type { Verb } from '../../src/domain/statement.js';
import type { WaitingFor } from '../../src/domain/view.js';
import type { WatchResult } from '../../src/domain/watching.js';
import { labOfFile } from '../support/lab.js';
import { deploymentPlan, statement } from '../support/plans.js';
import { record } from '../support/record.js';
import { story, type Story } from '../support/story.js';
import { WATCH_PLAN } from '../support/watching.js';

const lab = await labOfFile();
afterEach(() => {
  lab.watching = () => undefined;
});

const doubtful = (kind: 'inconclusive' | 'unavailable'): Partial<WatchResult> => ({
  verdict: { kind, reason: 'too little' },
});

/** v1 is live; v2's first canary step is in doubt, and parks it. */
async function parked(service: string, kind: 'inconclusive' | 'unavailable' = 'inconclusive') {
  const shop = story(lab, service);
  expect((await shop.ship('v1')).outcome).toBe('shipped');
  lab.watched.length = 0;
  lab.world.log.length = 0;
  lab.watching = (w) =>
    w.phase === 'parked' ? 'until interrupted' : w.phase === 'canary 5 %' ? doubtful(kind) : undefined;
  const input = await shop.begin('v2');
  await shop.watching('parked');
  return { shop, input, asked: await gateOf(shop, 2) };
}

const gateOf = (shop: Story, n: number): Promise<WaitingFor> =>
  lab.until(async () => (await shop.seen(n)).waitingFor, 'the gate');

const answer = (shop: Story, verb: Verb, asked: WaitingFor): Promise<Accepted> => {
  const s = statement('alice', verb, asked.decision ?? '', { reason: 'seen it' });
  return shop
    .deployment(2)
    .executeUpdate<Accepted, [typeof s]>(verb === 'reject' ? MESSAGES.reject : MESSAGES.approve, {
      args: [s],
    });
};

describe('doubt that outlasts its step parks the deployment', () => {
  test.each(['inconclusive', 'unavailable'] as const)(
    '%s: asked and watched; approve lets it go on',
    async (kind) => {
      const { shop, input, asked } = await parked(`go-on-${kind}`, kind);
      expect(asked).toMatchObject({
        question: 'parked',
        title: `canary 5 % is ${kind}: too little. approve: go on; reject: go back`,
        have: 0,
        required: 1,
        workflow: shop.deployment(2).workflowId,
      });
      const shown = await shop.seen(2);
      expect([shown.phase, shown.nextAt]).toEqual(['parked', undefined]);
      expect(lab.watched.at(-1)?.until).toBeUndefined();
      expect(await answer(shop, 'approve', asked)).toEqual({ status: 'accepted', message: 'approved' });
      expect((await shop.ended(input)).outcome).toBe('shipped');
      expect(lab.world.log).toEqual([
        'ensure green v2',
        'split green 500',
        'split green 2500',
        'split green 10000',
        'remove blue',
      ]);
      await record(`pipeline-parked-${kind}`, shop.pipeline(input));
      await record(`deployment-parked-${kind}`, shop.deployment(2));
      const closed = lab.store
        .entries()
        .filter((e) => e.event_type === 'gate.closed' && e.workflow === asked.workflow);
      expect(closed.map((e) => e.details)).toMatchObject([{ question: 'parked', by: ['approve alice'] }]);
    },
  );

  test('reject goes back; a person’s no is no hold mark', async () => {
    const { shop, input, asked } = await parked('send-back');
    await answer(shop, 'reject', asked);
    expect(await shop.ended(input)).toEqual({
      outcome: 'rolled_back',
      reason: 'parked (too little) and sent back by alice',
    });
    expect(lab.world.log.slice(-2)).toEqual(['split green 0', 'remove green']);
    expect(shop.state()?.holdMarks).toEqual([]);
  });

  test('turning bad while it waits goes back at once and closes the gate', async () => {
    const shop = story(lab, 'turns-bad');
    expect((await shop.ship('v1')).outcome).toBe('shipped');
    lab.watching = (w) =>
      w.phase === 'parked' ? { verdict: { kind: 'fail', reason: 'errors' } } : doubtful('inconclusive');
    const input = await shop.begin('v2');
    expect(await shop.ended(input)).toEqual({ outcome: 'rolled_back', reason: 'errors' });
    expect((await shop.seen(2)).waitingFor).toBeUndefined();
    await record('deployment-parked-turned-bad', shop.deployment(2));
    expect(shop.state()?.holdMarks).toMatchObject([{ version: 'v2', reason: 'errors' }]);
    expect(lab.store.openPermits()).toEqual([]);
  });

  test('an answer to a question that is no longer asked is refused', async () => {
    const { shop, input, asked } = await parked('stale');
    await shop.rollback();
    expect((await shop.ended(input)).outcome).toBe('rolled_back');
    await expect(answer(shop, 'approve', asked)).rejects.toThrow();
  });
});

test.each([
  ['onInconclusive', 'inconclusive'],
  ['onUnavailable', 'unavailable'],
] as const)('%s: continue goes on and says so', async (option, kind) => {
  const shop = story(lab, `continue-${kind}`);
  expect((await shop.ship('v1')).outcome).toBe('shipped');
  lab.watching = () => doubtful(kind);
  const deployment = deploymentPlan({ watch: { ...WATCH_PLAN, [option]: 'continue' } });
  expect((await shop.ship('v2', { deployment })).outcome).toBe('shipped');
  const said = (await shop.seen(2)).timeline.filter((t) => t.what === 'going on in doubt: too little');
  expect(said).toHaveLength(3);
});

test('stable is asked by the health check that it was deployed with', async () => {
  const shop = story(lab, 'own-health');
  const { configuration } = deploymentPlan();
  const { healthChecks } = configuration;
  const liveness = { ...healthChecks.liveness, path: '/up' };
  const deployment = deploymentPlan({
    configuration: { ...configuration, healthChecks: { ...healthChecks, liveness } },
  });
  lab.watched.length = 0;
  await shop.ship('v1');
  expect(lab.watched.map((w) => w.stableLiveness)).toEqual(lab.watched.map(() => undefined));
  lab.watched.length = 0;
  await shop.ship('v2', { deployment });
  const asked = lab.watched.map((w) => [w.liveness.path, w.stableLiveness?.path]);
  expect(asked).toEqual([1, 2, 3].map(() => ['/up', '/health']));
});

test('a watch that its worker gave up is taken up again from what it knew', async () => {
  const shop = story(lab, 'worker-gone');
  expect((await shop.ship('v1')).outcome).toBe('shipped');
  lab.watched.length = 0;
  const known = { observations: [{ at: 1, health: { probes: 1, failures: 0 } }] };
  let given = 0;
  lab.watching = (w) =>
    w.phase === 'bake' && given++ === 0 ? { interrupted: true, evidence: known } : undefined;
  expect((await shop.ship('v2')).outcome).toBe('shipped');
  const bakes = lab.watched.filter((w) => w.phase === 'bake');
  expect(bakes.map((w) => w.evidence.observations.length)).toEqual([0, 1]);
});
