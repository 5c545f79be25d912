import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { probe } from '../../src/adapters/providers/process-health.js';
import type { TargetRef } from '../../src/domain/ids.js';
import type { Instance, ObservedSlot, Provider } from '../../src/domain/ports.js';
import { digestOf } from '../../src/hash.js';
import type { Faults } from './fake-world.js';

export interface FakeProvider {
  readonly provider: Provider;
  readonly slots: Map<string, ObservedSlot>;
  /** Ends an instance behind the provider's back. */
  readonly kill: (id: string) => void;
  /** Ids of all that have ever started. */
  readonly started: readonly string[];
  /** How many of them live. */
  readonly alive: () => number;
  readonly close: () => void;
}

/** Instances as real HTTP servers of this process, so that smoke tests and probes ask something. */
export function fakeProvider({ met, note }: Faults): FakeProvider {
  const slots = new Map<string, ObservedSlot>();
  const servers = new Map<string, Server>();
  const started: string[] = [];
  const key = (t: TargetRef, slot: string) => `${t.service}/${t.environment}/${slot}`;
  const end = (id: string): void => {
    servers.get(id)?.close().closeAllConnections();
    servers.delete(id);
  };
  const start = async (slot: string, version: string): Promise<Instance> => {
    const id = `${slot}-${String(started.length + 1)}`;
    started.push(id);
    const server = await serving(version);
    servers.set(id, server);
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    return { id, url, state: 'ready', startedAt: new Date().toISOString() };
  };
  const each = new Map<string, string>();
  const converge = async (
    ...[t, slot, release, configuration, , more, stay]: Parameters<Provider['ensure']>
  ) => {
    const count = more ?? configuration.replicas;
    const at = key(t, slot);
    const asked = digestOf({ ...configuration, replicas: 0, release: release.digest });
    const before = slots.get(at)?.instances ?? [];
    const living = each.get(at) === asked ? before.filter((i) => servers.has(i.id)) : [];
    const first = (one: Instance): number => Number(stay?.includes(one.id) ?? one.state === 'ready');
    const instances = living.toSorted((a, b) => first(b) - first(a)).slice(0, count);
    for (const { id } of before) if (!instances.some((i) => i.id === id)) end(id);
    while (instances.length < count) instances.push(await start(slot, release.version));
    each.set(at, asked);
    const { digest, version } = release;
    slots.set(at, { slot, release: digest, version, configuration: digestOf(configuration), instances });
    return instances;
  };
  let turn: Promise<unknown> = Promise.resolve();
  return {
    provider: {
      async observe(t, signal) {
        await met('observe', signal);
        await met(`observe ${t.service}`, signal);
        return ['blue', 'green'].flatMap((s) => slots.get(key(t, s)) ?? []);
      },
      async ensure(...asked) {
        const [, slot, release, , signal, count] = asked;
        await met('ensure', signal);
        if (count !== undefined) await met(`ensure ${slot} × ${String(count)}`, signal);
        note(`ensure ${slot} ${release.version}${count === undefined ? '' : ` × ${String(count)}`}`);
        const mine = turn.then(() => converge(...asked));
        turn = mine.catch(() => undefined);
        return mine;
      },
      async health(t, slot, asked, signal) {
        await met('health', signal);
        const instances = slots.get(key(t, slot))?.instances ?? [];
        const looks = await Promise.all(instances.map(({ url }) => probe(url, asked, signal)));
        const [reason, ...more] = instances.length === 0 ? ['nothing runs'] : looks.flatMap((l) => l ?? []);
        const probes = Math.max(instances.length, 1);
        return reason === undefined
          ? { probes, failures: 0 }
          : { probes, failures: 1 + more.length, note: reason };
      },
      async sweep(_, signal) {
        await met('sweep', signal);
        return { count: 0, bytes: 0 };
      },
      async remove(t, slot, signal) {
        await met('remove', signal);
        note(`remove ${slot}`);
        for (const { id } of slots.get(key(t, slot))?.instances ?? []) end(id);
        slots.delete(key(t, slot));
      },
    },
    slots,
    kill(id) {
      end(id);
      const gone = (i: Instance): Instance => (i.id === id ? { ...i, state: 'gone' } : i);
      for (const [at, slot] of slots) slots.set(at, { ...slot, instances: slot.instances.map(gone) });
    },
    started,
    alive: () => servers.size,
    close: () => {
      for (const id of [...servers.keys()]) end(id);
    },
  };
}

function serving(version: string): Promise<Server> {
  const server = createServer((req, res) => {
    if (req.url !== '/hang') res.writeHead(req.url === '/fail' ? 500 : 200).end(version);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
