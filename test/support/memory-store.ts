import { canonical } from '../../src/domain/canonical.js';
import { GENESIS, type AuditEntry, type ChainedEntry } from '../../src/domain/audit.js';
import type { TargetRef } from '../../src/domain/ids.js';
import type { Permit } from '../../src/domain/permit.js';
import type { DeploymentRow, PolicyRow, RunRow, Store } from '../../src/domain/store.js';
import type { DeployRequest, TargetAnswer, TargetState } from '../../src/domain/target.js';
import type { Sample } from '../../src/domain/watching.js';
import { ShipwayError } from '../../src/errors.js';
import { sha256 } from '../../src/hash.js';
import { meeting } from './meeting.js';
import { memoryFlags } from './memory-flags.js';
import { memoryOutbox } from './memory-outbox.js';
import { memoryReleases } from './memory-releases.js';
import { nothingOld } from './nothing-old.js';

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

interface Asked extends TargetRef {
  readonly id: string;
  readonly body?: DeployRequest;
  readonly answer?: TargetAnswer;
  settled: boolean;
}
type Blockable = 'deployments.admit' | 'deployments.findByRequest' | 'requests.settle';

/** The store's contract in memory, for workflow tests; the real one is tested on PostgreSQL. */
export function memoryStore(): MemoryStore {
  const chain: ChainedEntry[] = [];
  const permits = new Map<string, Permit>();
  const nonces = new Map<string, string>();
  const states = new Map<string, TargetState>();
  const rows: DeploymentRow[] = [];
  const runs = new Map<string, RunRow>();
  const requests: Asked[] = [];
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
  const append = (entries: readonly AuditEntry[]): void => {
    for (const entry of entries) {
      if (chain.some((c) => c.entry.key === entry.key)) continue;
      const previous = chain.at(-1)?.hash ?? GENESIS;
      const hash = sha256(`${previous}\n${canonical(entry)}`);
      chain.push({ seq: chain.length + 1, previous, hash, entry });
    }
  };
  const save = (state: TargetState): boolean => {
    if ((states.get(key(state))?.revision ?? 0) !== state.revision) return false;
    states.set(key(state), copy({ ...state, revision: state.revision + 1 }));
    return true;
  };
  const refOf = ({ service, environment }: TargetRef): TargetRef => ({ service, environment });
  const requestOf = (t: TargetRef, id: string) => requests.find((r) => key(r) === key(t) && r.id === id);
  const settle = (t: TargetRef, id: string, answer?: TargetAnswer): void => {
    const known = requestOf(t, id);
    if (known?.settled === false) Object.assign(known, { settled: true, ...(answer && { answer }) });
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
        append(entries);
        return done;
      },
      list: () => Promise.resolve(chain),
    },
    permits: {
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
      has: (nonce, workflow, message) => Promise.resolve(nonces.get(nonce) === `${workflow} ${message}`),
    },
    releases: memoryReleases((pipeline) => runs.get(pipeline)?.plan),
    targets: {
      load: (t) => Promise.resolve(copy(states.get(key(t)))),
      save: (s) => Promise.resolve(save(s)),
      list: () => Promise.resolve([...states.values()]),
    },
    deployments: {
      async admit({ row, permit, state, entries }) {
        await blocked('deployments.admit');
        if (rows.some((r) => r.id === row.id) || permits.has(permit.deployment))
          throw new Error(`${row.id} is taken`);
        if (!save(state)) return false;
        rows.push(row);
        permits.set(permit.deployment, permit);
        settle(row, row.requestId);
        append(entries);
        return true;
      },
      lastNumber: (t) =>
        Promise.resolve(Math.max(0, ...rows.filter((r) => key(r) === key(t)).map((r) => r.n))),
      finish(id, end) {
        change(id, end);
        return done;
      },
      find: (id) => Promise.resolve(rows.find((r) => r.id === id)),
      async findByRequest(t, id) {
        await blocked('deployments.findByRequest');
        return rows.findLast((r) => key(r) === key(t) && r.requestId === id);
      },
      list: ({ service, environment, run, id, limit = 200 }) =>
        Promise.resolve(
          rows
            .filter(
              (r) =>
                r.id === (id ?? r.id) &&
                r.service === (service ?? r.service) &&
                r.environment === (environment ?? r.environment) &&
                r.run === (run ?? r.run),
            )
            .reverse()
            .slice(0, limit),
        ),
      open: (t) => Promise.resolve(rows.filter((r) => key(r) === key(t) && r.outcome === undefined)),
    },
    runs: {
      admit({ run, nonce, message, entries }) {
        const mine = `${run.pipeline} ${message}`;
        if ((nonces.get(nonce) ?? mine) !== mine) return Promise.resolve(false);
        nonces.set(nonce, mine);
        if (!runs.has(run.pipeline)) runs.set(run.pipeline, run);
        append(entries);
        return Promise.resolve(true);
      },
      find: (pipeline) => Promise.resolve(runs.get(pipeline)),
      finish(pipeline, ended) {
        const run = runs.get(pipeline);
        if (run !== undefined) runs.set(pipeline, { ...run, ended });
        return done;
      },
    },
    requests: {
      note(body) {
        if (requestOf(body, body.requestId) === undefined)
          requests.push({ ...refOf(body), id: body.requestId, body, settled: false });
        return done;
      },
      async settle(t, id, answer) {
        await blocked('requests.settle');
        if (requestOf(t, id) === undefined) requests.push({ ...refOf(t), id, settled: false });
        settle(t, id, answer);
      },
      answer: (t, id) => Promise.resolve(requestOf(t, id)?.answer),
      waiting: (t) =>
        Promise.resolve(requests.filter((r) => key(r) === key(t) && !r.settled).flatMap((r) => r.body ?? [])),
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
    outbox: memoryOutbox(),
    flags: memoryFlags((t) => rows.find(({ id }) => id === states.get(key(t))?.live?.deployment)),
    ...nothingOld,
    close: () => done,
  };
  return meeting(store, meet);
}
