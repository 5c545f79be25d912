import { expect, test } from 'vitest';
import type { FlagStrategy } from '../../src/domain/flags.js';
import type { Strategy } from '../../src/domain/plan.js';
import { statement } from '../support/plans.js';
import { until } from '../gateway/lab.js';
import { CHECKOUT, servedFlag, shareInStore } from './flag.js';
import { rollback } from './going-back.js';
import { ERRORS, service, type Service, type Shipping } from './service.js';
import { LONG, labOfFile, nextShips, reached, terminate, watching } from './terminating.js';

const lab = await labOfFile();

const MANY_MS = 480_000;
const ROLLING = { kind: 'rolling', batchSize: 1, pauseMs: 5_000, onBadBatch: 'roll_back' } as const;
const IN_PLACE: Strategy = { kind: 'in_place' };
const FLAG: FlagStrategy = {
  ...{ kind: 'feature_flag', flag: CHECKOUT.name, variant: 'on' },
  ...{ steps: [5_000, 10_000], stepDurationMs: 5_000 },
};
/** Instances take longer to stop than the next step takes to begin. */
const SLOWLY = { stopAfterMs: 4_000 };

interface Midway {
  readonly at: string;
  /** As both versions are deployed, and how v2 is beside that. */
  readonly as?: Shipping;
  readonly v2?: Shipping;
  readonly reached: (shop: Service) => Promise<void>;
  /** What is started in all, when the deployment is terminated there. */
  readonly starts: Readonly<Record<string, number>>;
  /** What serves in the end when only what waits for the deployment is terminated; absent: that is not tried. */
  readonly undisturbed?: 'v1' | 'v2';
}

const stopping = (shop: Service, version: string): Promise<void> =>
  until(async () => (await shop.stopping()).includes(version), 120_000, 50);

const MIDWAY: readonly Midway[] = [
  {
    at: 'while it goes back',
    as: SLOWLY,
    v2: LONG,
    reached: async (shop) => {
      await reached(shop, 2, 'canary');
      await rollback(lab, shop);
      await stopping(shop, 'v2');
    },
    ...{ starts: { v1: 1, v2: 1 }, undisturbed: 'v1' },
  },
  {
    at: 'while it is paused',
    v2: LONG,
    reached: async (shop) => {
      await reached(shop, 2, 'canary');
      const id = shop.workflow({ n: 2 }).workflowId;
      expect(await lab.client.steer(id, statement('carol', 'pause', id))).toMatchObject({
        status: 'accepted',
      });
      await shop.phase(2, (view) => view.waitingFor?.question === 'paused');
    },
    starts: { v1: 1, v2: 1 },
  },
  {
    at: 'while it is parked',
    // Nobody uses it, so nothing is known of its errors.
    v2: { ...LONG, watch: { ...ERRORS, stepTimeoutMs: 500 } },
    reached: (shop) => shop.phase(2, (view) => view.phase === 'parked'),
    starts: { v1: 1, v2: 1 },
  },
  {
    at: 'while what was replaced is removed',
    as: SLOWLY,
    reached: (shop) => stopping(shop, 'v1'),
    ...{ starts: { v1: 2, v2: 1 }, undisturbed: 'v2' },
  },
  {
    at: 'amid the batches of rolling',
    as: { strategy: ROLLING, replicas: 2 },
    reached: (shop) => watching(shop, 2, 'rolling 1 of 2'),
    starts: { v1: 3, v2: 1 },
  },
  {
    at: 'in place, while what serves makes room',
    as: { ...SLOWLY, strategy: IN_PLACE },
    reached: (shop) => stopping(shop, 'v1'),
    starts: { v1: 2 },
  },
  {
    at: 'in place, while nothing serves',
    as: { strategy: IN_PLACE },
    v2: { readyAfterMs: 4_000 },
    reached: (shop) => until(async () => (await shop.starts())['v2'] === 1, 120_000, 50),
    ...{ starts: { v1: 2, v2: 1 }, undisturbed: 'v2' },
  },
  {
    at: 'with a flag that is lit',
    as: { flags: [CHECKOUT] },
    v2: { strategy: FLAG },
    reached: (shop) => watching(shop, 2, 'checkout'),
    starts: { v1: 1, v2: 1 },
  },
];

/** v1 serves and v2 is there. Answers the run of v2. */
async function begun(shop: Service, { as, v2, reached: there }: Midway): Promise<string> {
  expect(await shop.ship('v1', as)).toMatchObject({ outcome: 'shipped' });
  const run = await shop.begin('v2', { ...as, ...v2 });
  await there(shop);
  return run;
}

const named = (of: string, { at }: Midway): string => `${of}-${at.replaceAll(/[^a-z]+/g, '-')}`;

test.concurrent.each(MIDWAY)(
  'deployment, $at: what served serves again, and the next one ships',
  async (midway) => {
    const shop = service(lab, named('d', midway));
    const run = await begun(shop, midway);
    const { replicas } = { replicas: 1, ...midway.as };
    await terminate(shop, { n: 2 });
    expect(await shop.ended(run)).toMatchObject({ outcome: 'rolled_back' });
    await shop.serves('v1', replicas);
    expect(await shop.starts()).toEqual(midway.starts);
    if (midway.as?.flags !== undefined) {
      expect(await shareInStore(lab, shop.name)).toBe(0);
      expect(await servedFlag(lab, shop.name)).toMatchObject({ defaultVariant: 'off' });
    }
    await nextShips(shop, 'v3');
  },
  MANY_MS,
);

test.concurrent.each(MIDWAY.filter(({ undisturbed }) => undisturbed !== undefined))(
  'target, $at: the deployment ends as if nothing had been',
  async (midway) => {
    const shop = service(lab, named('t', midway));
    const run = await begun(shop, midway);
    const { replicas } = { replicas: 1, ...midway.as };
    await terminate(shop, 'target');
    const outcome = midway.undisturbed === 'v2' ? 'shipped' : 'rolled_back';
    expect(await shop.ended(run)).toMatchObject({ outcome });
    await shop.serves(midway.undisturbed ?? '', replicas);
    await nextShips(shop, 'v3');
  },
  MANY_MS,
);
