import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Pair } from '../../src/adapters/routers/agreed.js';
import { together } from '../../src/adapters/routers/together.js';
import type { Router } from '../../src/domain/ports.js';
import { ShipwayError } from '../../src/errors.js';
import { GREEN, TARGET, never, splitTo } from '../../src/testing/world.js';
import { LAGS, NAMES, at, back, laggingPair, port, type Lag } from '../support/lagging-pair.js';

const ROWS = LAGS.flatMap((lag) => ([0, 1] as const).map((side) => [NAMES[side], lag, side] as const));
const OPERATIONS = ['split', 'admit', 'open', 'close', 'drain'] as const;
type Operation = (typeof OPERATIONS)[number];

const DO: Readonly<Record<Operation, (router: Router) => Promise<unknown>>> = {
  split: (router) => router.split(TARGET, splitTo(5_000), never),
  admit: (router) => router.admit(TARGET, 'green', GREEN, ['http://new'], never),
  open: (router) => router.open(TARGET, 9_001, never, 9_002),
  close: (router) => router.close(TARGET, never),
  drain: (router) => router.drain(TARGET, 'green', 0, never),
};
/** What can be done with one that lags so. */
const CAN: Readonly<Record<Lag, readonly Operation[]>> = {
  ...{ dead: [], hangs: [], refuses: ['drain'], 'look only': ['drain'] },
  ...{ blind: ['admit', 'open', 'close', 'drain'], lost: ['open', 'close', 'drain'] },
};
const typeOf = (lag: Lag) => (lag === 'refuses' || lag === 'lost' ? 'router.refused' : 'router.unavailable');

async function lab(side: 0 | 1, lag?: Lag) {
  const made = await laggingPair(side, lag);
  onTestFinished(made.end);
  return { ...made, other: 1 - side };
}
describe.each(ROWS)('%s %s', (name, lag, side) => {
  test.each(OPERATIONS)('forward, %s', async (operation) => {
    const { pair, worlds, state, other } = await lab(side, lag);
    const done = DO[operation](together(pair));
    const can = CAN[lag].includes(operation);
    if (can) await done;
    else
      await expect(done).rejects.toMatchObject({
        type: typeOf(lag),
        message: expect.stringMatching(new RegExp(`^${name} does not follow: `)) as string,
      });
    // No user has changed sides, not even for a while.
    for (const { log } of worlds)
      expect(log.filter((line) => line.startsWith('split') && line !== 'split green 2500')).toEqual([]);
    const here = state(other);
    if (operation === 'close') expect(here).toBeUndefined();
    else {
      expect(here?.address).toBe(port(other, operation === 'open' && can ? 9_001 : 8_001));
      expect(here?.members.green).toEqual([operation === 'admit' ? 'http://new' : 'http://g']);
      expect(here?.shares).toEqual(at(2_500));
    }
  });

  test.each(OPERATIONS)('back, %s', async (operation) => {
    const { pair, well, state, other } = await lab(side, lag);
    const way = back(pair);
    await DO[operation](way.router);
    const here = state(other);
    if (operation === 'close') expect(here).toBeUndefined();
    else {
      expect(here?.shares).toEqual(at(operation === 'split' ? 5_000 : 2_500));
      expect(here?.address).toBe(port(other, operation === 'open' ? 9_001 : 8_001));
      expect(here?.members.green).toEqual([operation === 'admit' ? 'http://new' : 'http://g']);
    }
    const lags = (how?: 'retried'): void => {
      expect(() => {
        way.settled(how);
      }).toThrow(
        expect.objectContaining({
          type: how === undefined ? typeOf(lag) : 'router.unavailable',
          message: expect.stringContaining(`${NAMES[other] ?? ''} has followed`) as string,
        }) as Error,
      );
    };
    // The way back heals what the way forward waits for.
    if (CAN[lag].includes(operation) || (operation === 'split' && (lag === 'blind' || lag === 'lost')))
      way.settled();
    else {
      lags();
      lags('retried');
    }
    if (operation !== 'split') return;
    const again = back(well());
    await DO.split(again.router);
    again.settled();
    expect([0, 1].map((of) => state(of)?.shares)).toEqual([at(5_000), at(5_000)]);
    expect([0, 1].map((of) => state(of)?.address)).toEqual([port(0, 8_001), port(1, 8_001)]);
  });

  test('what is observed', async () => {
    const { pair } = await lab(side, lag);
    const unseen = lag === 'dead' || lag === 'hangs' || lag === 'blind';
    const way = back(pair);
    for (const router of [together(pair), way.router]) {
      const seen = await router.observe(TARGET, never);
      expect(seen?.shares).toEqual(lag === 'lost' ? { blue: 3_750, green: 1_250 } : at(2_500));
      if (lag === 'lost')
        expect(seen?.differences?.target).toBe(
          `${NAMES[1 - side] ?? ''} serves the target, and ${name} does not know it`,
        );
      else if (unseen) expect(seen?.differences?.target).toMatch(`${name} did not answer: `);
      else expect(seen).not.toHaveProperty('differences');
    }
    // Who cannot be looked at may be told all the same, and is looked at again.
    if (unseen) expect(way.settled).toThrow(`${name} does not follow: `);
    else way.settled();
  });
});

test.each(['the other is blind, too', 'its members are refused'])(
  'one that cannot be looked at has its shares on a way back, whatever becomes of its members: %s',
  async (why) => {
    const { pair, worlds, state } = await lab(1, 'blind');
    const blind = why !== 'its members are refused';
    if (blind) worlds[0].fail('observe', 'router.unavailable');
    else worlds[1].fail('admit', 'router.refused');
    const way = back(pair, blind ? new Promise(() => undefined) : undefined);
    await way.router.split(TARGET, splitTo(0), never);
    way.settled();
    expect([0, 1].map((side) => state(side)?.shares)).toEqual([at(0), at(0)]);
  },
);

test.each([0, 1] as const)('what one has lost it is given again before a step forward: %i', async (side) => {
  const { pair, state } = await lab(side, 'lost');
  await together(pair).open(TARGET, 8_001, never, 8_002);
  await together(pair).split(TARGET, splitTo(5_000), never);
  expect(state(side)).toEqual({ ...state(1 - side), address: port(side, 8_001) });
  expect(state(side)?.shares).toEqual(at(5_000));
});

describe('a step that the second does not take', () => {
  /** It takes the shares that it has, and no others: the so manieth time that it is asked. */
  const failingAt = ([first, { name, router }]: Pair, times: number): Pair => {
    let n = 0;
    const split: Router['split'] = (...asked) =>
      ++n === times ? Promise.reject(new ShipwayError('router.refused', 'no')) : router.split(...asked);
    return [first, { name, router: { ...router, split } }];
  };

  test('puts the first back, and says so', async () => {
    const { pair, worlds, state } = await lab(1);
    await expect(together(failingAt(pair, 2)).split(TARGET, splitTo(5_000), never)).rejects.toMatchObject({
      type: 'router.refused',
      message: 'nginx does not follow: no; haproxy was put back: 75 % to blue and 25 % to green',
    });
    expect(worlds[0].log).toEqual(['split green 5000', 'split green 2500']);
    expect([state(0)?.shares, state(1)?.shares]).toEqual([at(2_500), at(2_500)]);
  });

  test('lets go at once when it is given up while the first is put back', async () => {
    const { pair } = await lab(1);
    const giveUp = new AbortController();
    let n = 0;
    const split: Router['split'] = async (t, to, signal) => {
      if (++n === 1) return pair[0].router.split(t, to, signal);
      setTimeout(() => {
        giveUp.abort(new Error('given up'));
      }, 10);
      await sleep(60_000, undefined, { signal });
    };
    const [first, second] = failingAt(pair, 2);
    const both: Pair = [{ ...first, router: { ...first.router, split } }, second];
    const begun = Date.now();
    await expect(together(both).split(TARGET, splitTo(5_000), giveUp.signal)).rejects.toThrow('given up');
    expect(Date.now() - begun).toBeLessThan(2_000);
  });
});

test('a step that the first does not take, and cannot be put back from either, says both', async () => {
  const { pair } = await lab(0, 'look only');
  await expect(together(pair).split(TARGET, splitTo(5_000), never)).rejects.toMatchObject({
    message: expect.stringMatching(
      /the other one was not told, and haproxy could not be put back: /,
    ) as string,
  });
});

test('an address without a port is put back, and it says which', async () => {
  const { pair, worlds, state } = await lab(1);
  await together(pair).open(TARGET, 80, never, 81);
  worlds[1].fail('open', 'router.refused');
  await expect(together(pair).open(TARGET, 8_080, never, 8_081)).rejects.toMatchObject({
    message: expect.stringContaining('haproxy was put back: http://127.0.0.1:80') as string,
  });
  expect(state(0)?.address).toBe('http://127.0.0.1:80');
});
