import { afterAll, expect, test } from 'vitest';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/domain/store.js';
import { newTarget, type Live } from '../../src/domain/target.js';
import { flagsContract, type FlagsHarness } from '../contracts/flags.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { memoryStore } from '../support/memory-store.js';
import { deploymentPlan } from '../support/plans.js';
import { sql } from './cluster.js';
import { storeOfFile } from './of-file.js';

const { store, url } = await storeOfFile();
const other = await openStore({ url });
afterAll(() => other.close());

const SHOP = { service: 'shop', environment: 'production' };
const liveIn =
  (of: Pick<Store, 'targets' | 'deployments'>): FlagsHarness['live'] =>
  async (n, version, flags) => {
    const plan = { ...deploymentPlan(), flags };
    const row = rowOf(SHOP, n, { plan, release: { ...rowOf(SHOP, n).release, version } });
    if ((await of.deployments.find(row.id)) === undefined) await admitRow(of, row);
    const { release, startedAt: since, id: deployment } = row;
    const { configuration } = plan;
    const live: Live = { release, slot: 'blue', configuration, deployment, since };
    await of.targets.save({ ...((await of.targets.load(SHOP)) ?? newTarget(SHOP)), live });
  };

flagsContract('PostgreSQL', async () => {
  await sql(url, 'TRUNCATE shipway.flags, shipway.targets');
  return { flags: store.flags, other: other.flags, live: liveIn(store) };
});
flagsContract('the fake', () => {
  const fake = memoryStore();
  return Promise.resolve({ flags: fake.flags, other: fake.flags, live: liveIn(fake) });
});

test('another live release is another revision, and nothing else of a target is', async () => {
  const never = new AbortController().signal;
  await sql(url, 'TRUNCATE shipway.targets');
  const first = await store.flags.revision(never);
  await liveIn(store)(3, 'v3', []);
  const seen = await store.flags.revision(never);
  expect(seen).toBeGreaterThan(first);
  await liveIn(store)(3, 'v3', []);
  expect(await store.flags.revision(never)).toBe(seen);
  await liveIn(store)(4, 'v4', []);
  expect(await store.flags.revision(never)).toBeGreaterThan(seen);
});

test('of changes at one moment none is overtaken: who has seen a revision has missed nothing before it', async () => {
  const never = new AbortController().signal;
  const targets = Array.from({ length: 8 }, (_, i) => ({ service: `s${String(i)}`, environment: 'e' }));
  const flags = [{ name: 'f', variants: { on: true, off: false }, off: 'off' }];
  for (const target of targets) await store.flags.declare(target, { version: 'v1', flags }, never);
  const first = await store.flags.revision(never);
  const missed: number[] = [];
  let going = true;
  const looking = (async () => {
    while (going) {
      const revision = await other.flags.revision(never);
      const there = await Promise.all(targets.map((target) => other.flags.list(target, never)));
      if (there.flat().filter((flag) => flag.set).length < revision - first) missed.push(revision);
    }
  })();
  await Promise.all(targets.map((target) => store.flags.set(target, { name: 'f', by: 'ann' }, never)));
  going = false;
  await looking;
  expect(missed).toEqual([]);
  expect(await store.flags.revision(never)).toBe(first + targets.length);
});
