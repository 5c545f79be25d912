import { expect } from 'vitest';
import type { FlagStrategy } from '../../src/domain/flags.js';
import type { Strategy } from '../../src/domain/plan.js';
import type { DeploymentView } from '../../src/domain/view.js';
import { statement } from '../support/plans.js';
import { until } from '../gateway/lab.js';
import { CHECKOUT } from './flag.js';
import { rollback } from './going-back.js';
import type { FaultLab } from './lab.js';
import { ERRORS, service, type Service, type Shipping } from './service.js';
import { LONG, reached, watching } from './terminating.js';

const ROLLING = { kind: 'rolling', batchSize: 1, pauseMs: 5_000, onBadBatch: 'roll_back' } as const;
const IN_PLACE: Strategy = { kind: 'in_place' };
const FLAG: FlagStrategy = {
  ...{ kind: 'feature_flag', flag: CHECKOUT.name, variant: 'on' },
  ...{ steps: [5_000, 10_000], stepDurationMs: 5_000 },
};
/** Instances take longer to stop than the next step takes to begin. */
const SLOWLY = { stopAfterMs: 4_000 };

/** Where a workflow may be terminated by hand. */
export interface Midway {
  readonly at: string;
  /** As both versions are deployed, and how v2 is beside that. */
  readonly as?: Shipping;
  readonly v2?: Shipping;
  readonly reached: (shop: Service, lab: FaultLab) => Promise<void>;
  /** What is started in all, when the deployment is terminated there. */
  readonly starts: Readonly<Record<string, number>>;
  /** What a person does for it to go on. */
  readonly go?: (shop: Service, lab: FaultLab) => Promise<unknown>;
  /** What serves in the end when the deployment itself goes on. */
  readonly undisturbed: 'v1' | 'v2';
}

const stopping = (shop: Service, version: string): Promise<void> =>
  until(async () => (await shop.stopping()).includes(version), 120_000, 50);

/** A person approves whatever it asks, to its end. */
async function letOn(shop: Service, { client }: FaultLab): Promise<void> {
  const { workflowId } = shop.workflow({ n: 2 });
  const over = async (): Promise<boolean> => {
    const { phase, waitingFor } = { ...(await client.view<DeploymentView>(workflowId))?.view };
    if (waitingFor?.decision !== undefined)
      await client.answer(workflowId, statement('bob', 'approve', waitingFor.decision));
    return phase === 'done';
  };
  await until(over, 120_000, 100);
}

export const MIDWAY: readonly Midway[] = [
  {
    at: 'while it goes back',
    as: SLOWLY,
    v2: LONG,
    reached: async (shop, lab) => {
      await reached(shop, 2, 'canary');
      await rollback(lab, shop);
      await stopping(shop, 'v2');
    },
    ...{ starts: { v1: 1, v2: 1 }, undisturbed: 'v1' },
  },
  {
    at: 'while it is paused',
    v2: LONG,
    reached: async (shop, lab) => {
      await reached(shop, 2, 'canary');
      const id = shop.workflow({ n: 2 }).workflowId;
      expect(await lab.client.steer(id, statement('carol', 'pause', id))).toMatchObject({
        status: 'accepted',
      });
      await shop.phase(2, (view) => view.waitingFor?.question === 'paused');
    },
    go: letOn,
    ...{ starts: { v1: 1, v2: 1 }, undisturbed: 'v2' },
  },
  {
    at: 'while it is parked',
    // Nobody uses it, so nothing is known of its errors.
    v2: { ...LONG, watch: { ...ERRORS, stepTimeoutMs: 500 } },
    reached: (shop) => shop.phase(2, (view) => view.phase === 'parked'),
    go: letOn,
    ...{ starts: { v1: 1, v2: 1 }, undisturbed: 'v2' },
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
    ...{ starts: { v1: 3, v2: 1 }, undisturbed: 'v2' },
  },
  {
    at: 'in place, while what serves makes room',
    as: { ...SLOWLY, strategy: IN_PLACE },
    reached: (shop) => stopping(shop, 'v1'),
    ...{ starts: { v1: 2 }, undisturbed: 'v2' },
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
    ...{ starts: { v1: 1, v2: 1 }, undisturbed: 'v2' },
  },
];

/** A service of this name whose v1 serves and whose v2 is there, and the run of v2. */
export async function begun(lab: FaultLab, of: string, { at, as, v2, reached: there }: Midway) {
  const shop = service(lab, `${of}-${at.replaceAll(/[^a-z]+/g, '-')}`);
  expect(await shop.ship('v1', as)).toMatchObject({ outcome: 'shipped' });
  const run = await shop.begin('v2', { ...as, ...v2 });
  await there(shop, lab);
  return { shop, run, replicas: as?.replicas ?? 1 };
}
