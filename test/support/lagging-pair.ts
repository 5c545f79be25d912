import { setTimeout as sleep } from 'node:timers/promises';
import type { Pair } from '../../src/adapters/routers/agreed.js';
import type { Running } from '../../src/adapters/routers/bring-along.js';
import { wayBack, type WayBack } from '../../src/adapters/routers/way-back.js';
import { FULL } from '../../src/domain/plan.js';
import type { Router, RouterState } from '../../src/domain/ports.js';
import { ShipwayError } from '../../src/errors.js';
import { BLUE, GREEN, TARGET, never, splitTo } from '../../src/testing/world.js';
import { fakeWorld, type FakeWorld } from './fake-world.js';

/** How one of two routers is not as it should be. */
export const LAGS = ['dead', 'hangs', 'refuses', 'look only', 'blind', 'lost'] as const;
export type Lag = (typeof LAGS)[number];
export const NAMES = ['haproxy', 'nginx'] as const;

/** Where the two listen: from `base` on. */
export const port = (side: number, base: number): string => `http://127.0.0.1:${String(base + side)}`;
export const at = (share: number) => ({ blue: FULL - share, green: share });
const RUNS: Running = {
  blue: { release: BLUE, members: ['http://b'] },
  green: { release: GREEN, members: ['http://g'] },
};
/** A way back of theirs, at the ports that they have. */
export const back = (pair: Pair, running: Running | Promise<Running> = RUNS): WayBack =>
  wayBack(pair, { ports: [8_001, 8_002], running: () => Promise.resolve(running) });

const CHANGES = ['open', 'admit', 'split', 'withdraw', 'close'];
const ALL = [...CHANGES, 'observe', 'drain'];
const FAILING: Readonly<Record<Exclude<Lag, 'hangs' | 'lost'>, readonly string[]>> = {
  ...{ dead: ALL, refuses: CHANGES, 'look only': CHANGES, blind: ['observe'] },
};

export interface LaggingPair {
  readonly worlds: readonly [FakeWorld, FakeWorld];
  /** Both as they are, and as they would be without what is wrong with one. */
  readonly pair: Pair;
  readonly well: () => Pair;
  readonly state: (side: number) => RouterState | undefined;
  readonly end: () => void;
}

/** Two routers in memory amid a canary, at ports 8001 and 8002, the one of which lags. */
export async function laggingPair(side: 0 | 1, lag?: Lag): Promise<LaggingPair> {
  const worlds = [fakeWorld(), fakeWorld()] as const;
  for (const [i, { router }] of worlds.entries()) {
    await router.open(TARGET, 8_001 + i, never);
    await router.admit(TARGET, 'blue', BLUE, ['http://b'], never);
    await router.admit(TARGET, 'green', GREEN, ['http://g'], never);
    await router.split(TARGET, splitTo(2_500), never);
  }
  for (const { log } of worlds) log.length = 0;
  const lagging = worlds[side];
  const failing = lag === undefined || lag === 'hangs' || lag === 'lost' ? [] : FAILING[lag];
  for (const method of failing)
    lagging.fail(method, lag === 'refuses' ? 'router.refused' : 'router.unavailable');
  if (lag === 'lost') lagging.routes.clear();
  const named = (routers: readonly Router[]): Pair =>
    routers.map((router, i) => ({ name: NAMES[i], router })) as unknown as Pair;
  const routers = worlds.map(({ router }, i) => (i === side && lag === 'hangs' ? hanging(router) : router));
  return {
    ...{ worlds, pair: named(routers) },
    well: () => {
      for (const method of failing) lagging.fail(method, undefined);
      return named(worlds.map(({ router }) => router));
    },
    state: (of) => worlds[of]?.routes.get(`${TARGET.service}/${TARGET.environment}/`),
    end: () => {
      for (const world of worlds) world.close();
    },
  };
}

/** It takes connections and answers nobody. */
const hanging = (router: Router): Router =>
  Object.fromEntries(
    Object.keys(router).map((method) => [
      method,
      async () => {
        await sleep(20);
        throw new ShipwayError('router.unavailable', `${method}: no answer`);
      },
    ]),
  ) as unknown as Router;
