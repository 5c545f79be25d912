import { expect, onTestFinished, test } from 'vitest';
import { createEffects } from '../../activities/effects.js';
import { refuseQueries } from '../../activities/refuse-queries.js';
import type { MetricSource } from '../../src/domain/ports.js';
import type { DeploymentRow } from '../../src/domain/store.js';
import { ShipwayError } from '../../src/errors.js';
import { admitRow, permitOf, rowOf } from '../support/admitted.js';
import { activityOf } from '../support/activity.js';
import { fakeWorld } from '../support/fake-world.js';
import { memoryStore } from '../support/memory-store.js';
import { deploymentPlan } from '../support/plans.js';

const sample = () => Promise.reject(new Error('unused'));

test('each query is asked once, and one that can never be answered is refused', async () => {
  const asked: string[] = [];
  const source: MetricSource = {
    sample,
    query: (_, query) => {
      asked.push(query);
      const type = query.startsWith('wrong') ? 'config.invalid' : 'metrics.unavailable';
      return query.startsWith('here')
        ? Promise.resolve(undefined)
        : Promise.reject(new ShipwayError(type, 'no'));
    },
  };
  const of = { service: 'shop', environment: 'staging', release: 'c'.repeat(64), slot: 'green' } as const;
  const { signal } = new AbortController();
  const refused = (...queries: readonly string[]) => {
    const named = queries.map((query) => [query.slice(0, 5), { query, min: 1, windowMs: 1 }] as const);
    return refuseQueries(source, of, Object.fromEntries(named), signal);
  };
  await refused('here{s="$slot"}', 'away');
  expect(asked).toEqual(['here{s="green"}', 'away']);
  await expect(refused('here', 'wrong(')).rejects.toMatchObject({
    type: 'config.invalid',
    message: 'triggers.metrics.wrong: no',
  });
  await refuseQueries({ sample }, of, undefined, signal);
});

test('it ends a deployment before anything runs, and holds no way back up', async () => {
  const [world, store] = [fakeWorld(), memoryStore()];
  onTestFinished(world.close);
  const query = () => Promise.reject(new ShipwayError('config.invalid', 'no PromQL'));
  const effects = createEffects({ ...world, store, metrics: { sample, query } });
  const base = deploymentPlan();
  const triggers = { metrics: { orders: { query: 'sum(', min: 1, windowMs: 60_000 } } };
  const plan = { ...base, watch: { ...base.watch, triggers } };
  const provision = async (n: number, kind: DeploymentRow['kind'], again = false) => {
    const row = rowOf({ service: 'shop', environment: 'production' }, n, { plan, kind });
    await admitRow(store, row, permitOf(row));
    const { service, environment, release } = row;
    const input = { service, environment, version: release.version, kind, plan, release };
    return activityOf(row.id).run(effects.provision, { ...input, candidate: 'green', again });
  };
  await expect(provision(1, 'deploy')).rejects.toMatchObject({
    type: 'config.invalid',
    message: 'triggers.metrics.orders: no PromQL',
  });
  expect(world.slots.size).toBe(0);
  await provision(2, 'rollback');
  expect(world.slots.size).toBe(1);
  // Of a batch that is not the first users have something already.
  await provision(3, 'deploy', true);
});
