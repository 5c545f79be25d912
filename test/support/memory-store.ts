import { canonical } from '../../src/domain/canonical.js';
import { GENESIS, type AuditEntry, type ChainedEntry } from '../../src/domain/audit.js';
import type { DeploymentRow, Permit, PolicyRow, Store } from '../../src/domain/store.js';
import type { TargetState } from '../../src/domain/target.js';
import type { Sample } from '../../src/domain/watching.js';
import { ShipwayError } from '../../src/errors.js';
import { sha256 } from '../../src/hash.js';

export interface MemoryStore extends Store {
  readonly entries: () => readonly AuditEntry[];
  readonly rows: () => readonly DeploymentRow[];
  readonly states: Map<string, TargetState>;
  /** Deployments whose permit has not been closed. */
  readonly openPermits: () => string[];
  /** Holds calls of this method until they are released: a store that does not answer. */
  readonly block: (method: Blockable) => {
    readonly reached: Promise<void>;
    readonly release: () => void;
  };
  /** The next so many calls, of this method alone if one is named (`targets.save`), fail as if PostgreSQL were away. */
  readonly away: (times: number, method?: string) => void;
}

/** `store` with `meet` called before each of its methods, with the method's name. */
function meeting(store: MemoryStore, meet: (method: string) => void): MemoryStore {
  const sections = Object.entries(store as object).map(([section, methods]: [string, unknown]) => {
    if (typeof methods !== 'object' || methods === null || methods instanceof Map)
      return [section, methods] as const;
    const met = Object.entries(methods).map(([name, method]: [string, (...of: unknown[]) => unknown]) => [
      name,
      (...of: unknown[]) =>
        Promise.resolve().then(() => {
          meet(`${section}.${name}`);
          return method(...of);
        }),
    ]);
    return [section, Object.fromEntries(met) as unknown] as const;
  });
  return Object.fromEntries(sections) as unknown as MemoryStore;
}
type Blockable = 'permits.grant' | 'deployments.findByRequest';

/** The store's contract in memory, for workflow tests; the real one is tested on PostgreSQL. */
export function memoryStore(): MemoryStore {
  const chain: ChainedEntry[] = [];
  const permits = new Map<string, Permit>();
  const nonces = new Map<string, string>();
  const states = new Map<string, TargetState>();
  const rows: DeploymentRow[] = [];
  const samples: Sample[] = [];
  const blocks = new Map<Blockable, () => Promise<void>>();
  const blocked = (method: Blockable): Promise<void> => blocks.get(method)?.() ?? Promise.resolve();
  const policies: PolicyRow[] = [];
  const key = (t: { service: string; environment: string }) => `${t.service}/${t.environment}`;
  const change = (id: string, more: Partial<DeploymentRow>) => {
    const i = rows.findIndex((r) => r.id === id);
    const row = rows[i];
    if (row !== undefined && row.outcome === undefined) rows[i] = { ...row, ...more };
  };
  const done = Promise.resolve();
  const copy = <T>(value: T): T => structuredClone(value);
  const away = { left: 0, method: undefined as string | undefined };
  const meet = (method: string): void => {
    if (away.left === 0 || (away.method !== undefined && away.method !== method)) return;
    away.left -= 1;
    throw new ShipwayError('store.unavailable', 'PostgreSQL did not answer: made to be away');
  };
  const store: MemoryStore = {
    away: (left, method) => void Object.assign(away, { left, method }),
    entries: () => chain.map((c) => c.entry),
    rows: () => rows,
    states,
    openPermits: () => [...permits.values()].filter((p) => p.closedAt === undefined).map((p) => p.deployment),
    block(method) {
      let [reach, release] = [(): void => undefined, (): void => undefined];
      const released = new Promise<void>((resolve) => (release = resolve));
      const reached = new Promise<void>((resolve) => (reach = resolve));
      blocks.set(method, () => {
        reach();
        return released;
      });
      return {
        reached,
        release: () => {
          release();
        },
      };
    },
    audit: {
      append(entries) {
        for (const entry of entries) {
          if (chain.some((c) => c.entry.key === entry.key)) continue;
          const previous = chain.at(-1)?.hash ?? GENESIS;
          chain.push({
            seq: chain.length + 1,
            previous,
            hash: sha256(`${previous}\n${canonical(entry)}`),
            entry,
          });
        }
        return done;
      },
      list: () => Promise.resolve(chain),
    },
    permits: {
      async grant(p) {
        await blocked('permits.grant');
        if (!permits.has(p.deployment)) permits.set(p.deployment, p);
      },
      find: (id) => Promise.resolve(permits.get(id)),
      close(id, closedAt) {
        const p = permits.get(id);
        if (p !== undefined) permits.set(id, { ...p, closedAt });
        return done;
      },
    },
    nonces: {
      claim(nonce, workflow, message) {
        const mine = `${workflow} ${message}`;
        const has = nonces.get(nonce);
        if (has === undefined) nonces.set(nonce, mine);
        return Promise.resolve(has === undefined ? 'claimed' : has === mine ? 'same' : 'taken');
      },
    },
    releases: { save: () => done, list: () => Promise.resolve([]) },
    targets: {
      load: (t) => Promise.resolve(copy(states.get(key(t)))),
      save(s) {
        states.set(key(s), copy(s));
        return done;
      },
      list: () => Promise.resolve([...states.values()]),
    },
    deployments: {
      start(row) {
        if (!rows.some((r) => r.id === row.id)) rows.push(row);
        return done;
      },
      finish(id, end) {
        change(id, end);
        return done;
      },
      find: (id) => Promise.resolve(rows.find((r) => r.id === id)),
      async findByRequest(t, id) {
        await blocked('deployments.findByRequest');
        return rows.findLast((r) => key(r) === key(t) && r.requestId === id);
      },
      list: ({ service, environment, limit = 200 }) =>
        Promise.resolve(
          rows
            .filter(
              (r) => r.service === (service ?? r.service) && r.environment === (environment ?? r.environment),
            )
            .reverse()
            .slice(0, limit),
        ),
      open: (t) => Promise.resolve(rows.filter((r) => key(r) === key(t) && r.outcome === undefined)),
    },
    samples: {
      add(more) {
        samples.push(...more);
        return done;
      },
      list: () => Promise.resolve(samples),
    },
    policy: {
      publish(row) {
        policies.push(row);
        return done;
      },
      hasRuled: (hash) => Promise.resolve(policies.some((p) => p.hash === hash)),
      current: () => Promise.resolve(policies.at(-1)),
    },
    logs: { add: () => done, list: () => Promise.resolve([]) },
    close: () => done,
  };
  return meeting(store, meet);
}
