import { afterEach, expect, test } from 'vitest';
import { FULL } from '../../src/domain/plan.js';
import type { StrategyStep } from '../../src/domain/strategy.js';
import { labOfFile } from '../support/lab.js';
import { deploymentPlan, statement } from '../support/plans.js';
import { story, type Story } from '../support/story.js';

// The time-skipping server loses a workflow task that cancels an activity which ends just then.
const lab = await labOfFile('real');
afterEach(() => {
  lab.store.away(0);
  lab.watching = () => undefined;
});

/** v1 is live. */
async function settled(service: string): Promise<Story> {
  const shop = story(lab, service);
  expect((await shop.ship('v1')).outcome).toBe('shipped');
  [lab.watched.length, lab.world.log.length] = [0, 0];
  return shop;
}
/** The store comes back when the users have. */
const backAfter = async (line: string): Promise<void> => {
  await lab.until(() => Promise.resolve(lab.world.log.includes(line) || undefined), line, 30_000);
  lab.store.away(0);
};
const given = (...steps: readonly StrategyStep[]) => ({
  deployment: deploymentPlan({ strategy: { kind: 'own', uses: 'own:given', with: { steps } } }),
});
const AT_FIVE = { kind: 'shift', share: 500 } as const;
const ALL = { kind: 'shift', share: FULL } as const;

test('a smoke test between the steps of a strategy of one’s own leaves its users as little alone', async () => {
  const shop = await settled('waiting-smoke');
  lab.watching = (w) => {
    if (w.phase === 'own:given 5 %') lab.store.away(Infinity);
    return w.phase === 'waiting' ? { verdict: { kind: 'fail', reason: 'errors' } } : undefined;
  };
  const input = await shop.begin('v2', given(AT_FIVE, { kind: 'watch', ms: 60_000 }, { kind: 'smoke' }, ALL));
  const back = backAfter('split green 0');
  expect(await shop.ended(input)).toEqual({ outcome: 'rolled_back', reason: 'errors' });
  await back;
  expect(lab.world.log).toEqual(['ensure green v2', 'split green 500', 'split green 0', 'remove green']);
});

test('a no to the question of a strategy of one’s own does not wait for the store', async () => {
  const shop = await settled('asked-away');
  lab.watching = (w) => (w.phase === 'asked' ? 'until interrupted' : undefined);
  const input = await shop.begin('v2', given(AT_FIVE, { kind: 'ask', question: 'ready?' }, ALL));
  await shop.watching('asked');
  const asked = await lab.until(async () => (await shop.seen(2)).waitingFor, 'the question');
  lab.store.away(Infinity);
  const back = backAfter('split green 0');
  const said = statement('dave', 'reject', asked.decision ?? '', { reason: 'no' });
  const answered = shop.deployment(2).executeUpdate('reject', { args: [said] });
  await back;
  await answered;
  expect((await shop.ended(input)).outcome).toBe('rolled_back');
});
