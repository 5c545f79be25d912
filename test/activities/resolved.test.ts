import { describe, expect, test } from 'vitest';
import { resolved } from '../../activities/resolved.js';
import type { DeploymentPlan } from '../../src/domain/plan.js';
import type { StrategyFacts, StrategyFunction, StrategyStep } from '../../src/domain/strategy.js';
import type { Live } from '../../src/domain/target.js';
import { ShipwayError } from '../../src/errors.js';
import { activityOf } from '../support/activity.js';
import { rowOf } from '../support/admitted.js';
import { POLICY } from '../support/lab.js';
import { memorySecrets } from '../support/memory-secrets.js';
import { deploymentPlan } from '../support/plans.js';

const about = { service: 'shop', environment: 'production', version: 'v2', commit: 'b'.repeat(40) };
const { release, plan: served } = rowOf(about, 1);
const live: Live = {
  ...{ release, slot: 'blue', configuration: served.configuration, deployment: 'd' },
  since: '2026-01-01T00:00:00.000Z',
};
const steps: readonly StrategyStep[] = [{ kind: 'shift', share: 10_000 }];
const own = (uses = 'own:weekdays'): DeploymentPlan =>
  deploymentPlan({ strategy: { kind: 'own', uses, with: { first: 5 } } });

const resolve = (
  weekdays: StrategyFunction,
  plan: DeploymentPlan,
  serves: Live | 'nothing' = live,
): Promise<DeploymentPlan> => {
  const deps = { secrets: memorySecrets(), policy: () => Promise.resolve(POLICY), strategies: { weekdays } };
  return activityOf('x').run(() => resolved(deps, about, plan, serves === 'nothing' ? undefined : serves));
};

describe('a strategy of one’s own', () => {
  test('is told plain facts, and what it gives is part of the deployment’s plan', async () => {
    let told: StrategyFacts | undefined;
    const plan = own();
    const found = await resolve((facts) => {
      told = structuredClone(facts);
      // What it does to what it was given is seen by nobody.
      Object.assign(facts.plan, { bakeMs: 0 });
      return steps;
    }, plan);
    expect(found).toEqual({ ...plan, strategy: { ...plan.strategy, steps } });
    const { version, commit } = release;
    expect(told).toEqual({ ...about, stable: { version, commit }, plan, with: { first: 5 } });
  });

  test('is not asked where nothing serves, but has to be there', async () => {
    expect(await resolve(() => expect.fail('asked'), own(), 'nothing')).toEqual(own());
    await expect(resolve(() => steps, own('own:weekday'), 'nothing')).rejects.toMatchObject({
      ...{ type: 'strategy.unknown', message: 'this worker was not given the strategy own:weekday' },
    });
    await expect(resolve(() => steps, own('own:constructor'))).rejects.toMatchObject({
      type: 'strategy.unknown',
    });
  });

  test.each<[StrategyFunction, string]>([
    [() => [], 'own:weekdays: the last step does not shift to 10000'],
    [() => Promise.resolve(steps) as never, 'own:weekdays: it gave no list'],
    [
      () => {
        throw new ShipwayError('store.unavailable', 'mine is away');
      },
      'own:weekdays threw: mine is away',
    ],
  ])('that gives or throws what cannot be carried out is refused: %#', async (given, why) => {
    const failing = resolve(given, own());
    await expect(failing).rejects.toMatchObject({ type: 'strategy.invalid' });
    await expect(failing).rejects.toThrow(why);
  });

  test('is nothing to a plan that has a built-in one', async () => {
    expect(await resolve(() => expect.fail('asked'), deploymentPlan())).toEqual(deploymentPlan());
  });
});
