import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Running } from '../../src/adapters/routers/bring-along.js';
import { wayBack } from '../../src/adapters/routers/way-back.js';
import { FULL } from '../../src/domain/plan.js';
import type { Router } from '../../src/domain/ports.js';
import { BLUE, GREEN, TARGET, never, splitTo } from '../../src/testing/world.js';
import { at, back, laggingPair, port, type Lag } from '../support/lagging-pair.js';

async function lab(side: 0 | 1, lag?: Lag) {
  const made = await laggingPair(side, lag);
  onTestFinished(made.end);
  return made;
}

describe('what comes back', () => {
  const runs = (members: readonly string[]): Running => ({ green: { release: GREEN, members } });
  /** Nobody is in green, which has these members at the two. */
  async function idle(haproxy: readonly string[] | undefined, nginx: readonly string[] | undefined) {
    const made = await lab(1);
    for (const [i, members] of [haproxy, nginx].entries()) {
      const router = made.pair[i]?.router;
      await router?.split(TARGET, splitTo(0), never);
      if (members === undefined) await router?.withdraw(TARGET, 'green', never);
      else await router?.admit(TARGET, 'green', GREEN, members, never);
    }
    const members = () => [0, 1].map((of) => made.state(of)?.members.green);
    const shares = () => [0, 1].map((of) => made.state(of)?.shares.green);
    return { ...made, members, shares };
  }

  test.each<readonly [string, readonly string[] | undefined, readonly string[] | undefined]>([
    ['the second has members that have ended', ['http://new'], ['http://old']],
    ['the first has', ['http://old'], ['http://new']],
    ['one more than there are', ['http://new'], ['http://new', 'http://old']],
    ['one does not know the slot', undefined, ['http://new']],
    ['neither does', undefined, undefined],
  ])('is told what runs in a slot before users come there: %s', async (_, haproxy, nginx) => {
    const { pair, members, shares } = await idle(haproxy, nginx);
    const way = back(pair, runs(['http://new']));
    await way.router.split(TARGET, splitTo(FULL), never);
    way.settled();
    expect(members()).toEqual([['http://new'], ['http://new']]);
    expect(shares()).toEqual([FULL, FULL]);
  });

  test('does not wait for what is slow to look at, and is told of it after', async () => {
    const { pair, members, shares } = await idle(['http://new'], ['http://old']);
    let before: unknown;
    const slow = sleep(800).then(() => {
      before = shares();
      return runs(['http://new']);
    });
    const way = back(pair, slow);
    await way.router.split(TARGET, splitTo(FULL), never);
    way.settled();
    expect(before).toEqual([FULL, FULL]);
    expect(members()).toEqual([['http://new'], ['http://new']]);
  });

  test('is told of a slot by the other where nobody sees what runs; that the other cannot be looked at is said, and no refusal', async () => {
    const { pair, worlds, members } = await idle(['http://new'], undefined);
    worlds[0].fail('observe', 'router.unavailable');
    const way = back(pair, {});
    await way.router.split(TARGET, splitTo(FULL), never);
    expect(way.settled).toThrow(expect.objectContaining({ type: 'router.unavailable' }) as Error);
    worlds[0].fail('observe', undefined);
    const again = back(pair, {});
    await again.router.split(TARGET, splitTo(FULL), never);
    again.settled();
    expect(members()).toEqual([['http://new'], ['http://new']]);
  });

  test('is given its shares though its address is refused, and that when it can be', async () => {
    const { pair, worlds, state } = await lab(1);
    worlds[1].fail('open', 'router.refused');
    const runs: Running = { blue: { release: BLUE, members: ['http://b'] } };
    const ports = { ports: [9_001, 9_002], running: () => Promise.resolve(runs) };
    const way = wayBack(pair, ports);
    await way.router.open(TARGET, 9_001, never, 9_002);
    await way.router.split(TARGET, splitTo(0), never);
    expect(way.settled).toThrow(expect.objectContaining({ type: 'router.refused' }) as Error);
    expect([0, 1].map((of) => state(of)?.shares)).toEqual([at(0), at(0)]);
    worlds[1].fail('open', undefined);
    const again = wayBack(pair, ports);
    await again.router.split(TARGET, splitTo(0), never);
    again.settled();
    const addresses = [0, 1].map((of) => state(of)?.address);
    expect(addresses).toEqual([port(0, 9_001), port(1, 9_001)]);
  });

  test('is not waited for twice where it hangs', async () => {
    const { pair } = await lab(1, 'hangs');
    const [first, { name, router }] = pair;
    const asked: string[] = [];
    const admit: Router['admit'] = (...args) => {
      asked.push(name);
      return router.admit(...args);
    };
    const way = back([first, { name, router: { ...router, admit } }]);
    await way.router.open(TARGET, 9_001, never, 9_002);
    await way.router.admit(TARGET, 'green', GREEN, ['http://new'], never);
    expect(asked).toEqual([]);
    expect(way.settled).toThrow('nginx does not follow: open: no answer');
  });
});
