import type { Instance, ObservedSlot, Provider, Router, RouterState } from '../../src/domain/ports.js';
import type { TargetRef } from '../../src/domain/ids.js';
import { createServer, type Server } from 'node:http';
import { digestOf } from '../../src/hash.js';
import { ShipwayError } from '../../src/errors.js';
import type { FailureType } from '../../src/domain/failures.js';

export interface FakeWorld {
  readonly provider: Provider;
  readonly router: Router;
  readonly slots: Map<string, ObservedSlot>;
  readonly routes: Map<string, RouterState>;
  /** Every change in order: `ensure blue v1`, `split green 500`, … */
  readonly log: string[];
  /** Makes the named operation fail from now on, or so many times, or not any more. */
  fail(operation: string, type: FailureType | undefined, times?: number): void;
  /** Makes the named operation hang until it is cancelled, or not any more. Answers how often it was begun. */
  stall(operation: 'ensure' | 'remove' | 'split', on: boolean): () => number;
  close(): void;
}

/** Provider and router in memory, with a real HTTP server behind every instance so that smoke tests ask something. */
export function fakeWorld(): FakeWorld {
  const slots = new Map<string, ObservedSlot>();
  const routes = new Map<string, RouterState>();
  const log: string[] = [];
  const failing = new Map<string, { readonly type: FailureType; left: number }>();
  let health: Server | undefined;
  const key = (t: TargetRef, slot = '') => `${t.service}/${t.environment}/${slot}`;
  const stalling = new Map<string, number>();
  const stalled = async (operation: string, signal: AbortSignal): Promise<void> => {
    const begun = stalling.get(operation);
    if (begun === undefined) return;
    stalling.set(operation, begun + 1);
    signal.throwIfAborted();
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  };
  const guard = (operation: string): void => {
    const failure = failing.get(operation);
    if (failure === undefined || failure.left === 0) return;
    failure.left -= 1;
    throw new ShipwayError(failure.type, `${operation} was made to fail`);
  };
  const note = (operation: string, what: string): void => {
    guard(operation);
    log.push(`${operation} ${what}`);
  };
  const urlOf = async (): Promise<string> => {
    health ??= await new Promise<Server>((resolve) => {
      const server = createServer((req, res) => void (req.url === '/hang' ? undefined : res.end('ok')));
      server.listen(0, '127.0.0.1', () => {
        resolve(server);
      });
    });
    const address = health.address();
    return `http://127.0.0.1:${String(typeof address === 'object' && address !== null ? address.port : 0)}`;
  };
  const empty: RouterState = { address: 'http://127.0.0.1:1', shares: {}, members: {}, releases: {} };
  const route = (t: TargetRef): RouterState => routes.get(key(t)) ?? empty;
  const provider: Provider = {
    observe: (t) => Promise.resolve(['blue', 'green'].flatMap((s) => slots.get(key(t, s)) ?? [])),
    async ensure(t, slot, release, configuration, signal) {
      await stalled('ensure', signal);
      note('ensure', `${slot} ${release.version}`);
      const instances: Instance[] = [{ id: slot, url: await urlOf(), state: 'ready', startedAt: 'now' }];
      slots.set(key(t, slot), {
        slot,
        release: release.digest,
        version: release.version,
        configuration: digestOf(configuration),
        instances,
      });
      return instances;
    },
    health: () => Promise.resolve({ probes: 1, failures: 0 }),
    async remove(t, slot, signal) {
      await stalled('remove', signal);
      note('remove', slot);
      slots.delete(key(t, slot));
    },
  };
  const router: Router = {
    observe: (t) => Promise.resolve(routes.get(key(t))),
    open(t) {
      guard('open');
      routes.set(key(t), route(t));
      return Promise.resolve(route(t));
    },
    admit(t, slot, release, members) {
      guard('admit');
      const r = route(t);
      routes.set(key(t), {
        ...r,
        members: { ...r.members, [slot]: members },
        releases: { ...r.releases, [slot]: release },
      });
      return Promise.resolve();
    },
    async split(t, split, signal) {
      await stalled('split', signal);
      note('split', `${split.candidate} ${String(split.shares[split.candidate] ?? 0)}`);
      routes.set(key(t), { ...route(t), shares: split.shares });
    },
    drain: () => Promise.resolve({ inflight: 0 }),
    withdraw(t, slot) {
      guard('withdraw');
      const without = (of: object) => Object.fromEntries(Object.entries(of).filter(([s]) => s !== slot));
      const { members, releases } = route(t);
      routes.set(key(t), { ...route(t), members: without(members), releases: without(releases) });
      return Promise.resolve();
    },
    close(t) {
      note('close', '');
      routes.delete(key(t));
      return Promise.resolve();
    },
  };
  return {
    provider,
    router,
    slots,
    routes,
    log,
    fail(operation, type, times = Infinity) {
      if (type === undefined) failing.delete(operation);
      else failing.set(operation, { type, left: times });
    },
    stall(operation, on) {
      if (on) stalling.set(operation, 0);
      else stalling.delete(operation);
      return () => stalling.get(operation) ?? 0;
    },
    close: () => {
      health?.closeAllConnections();
      health?.close();
    },
  };
}
