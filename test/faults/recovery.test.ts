import { expect, test } from 'vitest';
import { FULL, type Strategy } from '../../src/domain/plan.js';
import { CANDIDATE, STABLE, dying, type Death } from './dying.js';
import { CHECKOUT } from './flag.js';
import { CANARY, HALF, type Shipping } from './service.js';
import { nextShips, terminate, watching } from './terminating.js';

interface Lost {
  readonly strategy: Strategy;
  /** What it watches when its deployment is terminated. */
  readonly in: string;
  readonly ships?: Pick<Shipping, 'replicas' | 'flags'>;
  readonly deaths: readonly Death[];
  readonly starts: Readonly<Record<string, number>>;
}

const LOST: readonly Lost[] = [
  {
    strategy: { ...CANARY, stepDurationMs: 60_000 },
    in: 'canary',
    deaths: [
      ['admitDeployment', HALF],
      ['restoreTarget', STABLE],
      ['finishDeployment', STABLE],
    ],
    starts: { v1: 1, v2: 1 },
  },
  {
    strategy: { kind: 'rolling', batchSize: 1, pauseMs: 60_000, onBadBatch: 'roll_back' },
    in: 'rolling',
    ships: { replicas: 2 },
    deaths: [
      ['restoreTarget', STABLE],
      ['finishDeployment', STABLE],
    ],
    starts: { v1: 3, v2: 1 },
  },
  {
    strategy: { kind: 'in_place' },
    in: 'bake',
    deaths: [
      ['during restoreTarget', CANDIDATE],
      ['finishDeployment', STABLE],
    ],
    starts: { v1: 2, v2: 1 },
  },
  {
    strategy: {
      ...{ kind: 'feature_flag', flag: CHECKOUT.name, variant: 'on' },
      ...{ steps: [5_000, FULL], stepDurationMs: 60_000 },
    },
    in: 'checkout',
    ships: { flags: [CHECKOUT] },
    deaths: [
      ['douseFlag', CANDIDATE, 0],
      ['restoreTarget', STABLE, 0],
    ],
    starts: { v1: 1, v2: 1 },
  },
];

test.concurrent.each(LOST)(
  'what a terminated deployment by $strategy.kind has left is put right, the worker killed in or after every effect of that',
  async ({ strategy, in: phase, ships, deaths, starts }) => {
    const { lab, shop, as, seen, allDied } = await dying(strategy, deaths, { ...ships });
    const run = await shop.begin('v2', { ...as, bakeMs: 60_000 });
    await watching(shop, 2, phase);
    await lab.worker.arm();
    await terminate(shop, { n: 2 });
    expect(await shop.ended(run)).toMatchObject({ outcome: 'rolled_back' });
    await shop.serves('v1', ships?.replicas);
    expect(await shop.starts()).toEqual(starts);
    await allDied();
    if (strategy.kind === 'in_place')
      for (const { versions } of seen) expect(new Set(versions).size).toBeLessThan(2);
    await nextShips(shop, 'v3');
  },
  480_000,
);
