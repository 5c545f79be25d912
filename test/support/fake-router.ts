import type { TargetRef } from '../../src/domain/ids.js';
import { FULL } from '../../src/domain/plan.js';
import type { Router, RouterState } from '../../src/domain/ports.js';
import type { Slot } from '../../src/domain/target.js';
import { ShipwayError } from '../../src/errors.js';
import type { Faults } from './fake-world.js';

export interface FakeRouter {
  readonly router: Router;
  readonly routes: Map<string, RouterState>;
}

const EMPTY: RouterState = { address: 'http://127.0.0.1:1', shares: {}, members: {}, releases: {} };
const refused = (why: string): ShipwayError => new ShipwayError('router.refused', why);
const without = (of: object, slot: Slot) =>
  Object.fromEntries(Object.entries(of).filter(([s]) => s !== slot));

/** What a router knows and refuses, in memory; no user ever comes to it. */
export function fakeRouter({ met, note }: Faults): FakeRouter {
  const routes = new Map<string, RouterState>();
  const key = (t: TargetRef) => `${t.service}/${t.environment}/`;
  const known = (t: TargetRef): RouterState => {
    const state = routes.get(key(t));
    if (state === undefined) throw refused(`there is no target ${key(t)}`);
    return state;
  };
  const router: Router = {
    async observe(t, signal) {
      await met('observe', signal);
      return routes.get(key(t));
    },
    async open(t, listen, signal) {
      await met('open', signal);
      const state = routes.get(key(t)) ?? EMPTY;
      const address = (listen ?? 0) === 0 ? state.address : `http://127.0.0.1:${String(listen)}`;
      routes.set(key(t), { ...state, address });
      return known(t);
    },
    async admit(t, slot, release, members, signal) {
      await met('admit', signal);
      const r = known(t);
      routes.set(key(t), {
        ...r,
        members: { ...r.members, [slot]: members },
        releases: { ...r.releases, [slot]: release },
      });
    },
    async split(t, { shares, candidate }, signal) {
      await met('split', signal);
      const r = known(t);
      const given = Object.entries(shares).filter(([slot, share]) => share > 0 || slot in r.members);
      if (given.some(([slot]) => !(slot in r.members))) throw refused('a slot that is not admitted');
      if (given.reduce((sum, [, share]) => sum + share, 0) !== FULL)
        throw refused('shares are not everything');
      note(`split ${candidate} ${String(shares[candidate] ?? 0)}`);
      routes.set(key(t), { ...r, shares: Object.fromEntries(given) });
    },
    async drain(_t, _slot, _timeoutMs, signal) {
      await met('drain', signal);
      return { inflight: 0 };
    },
    async withdraw(t, slot, signal) {
      await met('withdraw', signal);
      const r = routes.get(key(t));
      if (r === undefined) return;
      if ((r.shares[slot] ?? 0) > 0) throw refused(`${slot} has a share`);
      routes.set(key(t), {
        address: r.address,
        shares: without(r.shares, slot),
        members: without(r.members, slot),
        releases: without(r.releases, slot),
      });
    },
    async close(t, signal) {
      await met('close', signal);
      note('close ');
      routes.delete(key(t));
    },
  };
  return { router, routes };
}

/** The router knows these releases by their slots, and all users are in blue. */
export async function routed(router: Router, t: TargetRef, releases: Record<Slot, string>): Promise<void> {
  const { signal } = new AbortController();
  await router.open(t, undefined, signal);
  for (const slot of ['blue', 'green'] as const)
    await router.admit(t, slot, releases[slot], [`http://${slot}`], signal);
  await router.split(t, { shares: { blue: FULL }, candidate: 'blue', salt: '', userKey: [] }, signal);
}
