import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { exclusive } from '../../exclusive.js';
import { freePort } from '../../free-port.js';
import type { TargetRef } from '../../domain/ids.js';
import { FULL } from '../../domain/plan.js';
import type { Router, RouterState } from '../../domain/ports.js';
import { otherSlot, type Slot } from '../../domain/target.js';
import { askMaster, askWorker, processes, unavailable } from './haproxy-cli.js';
import { bracketed, entryOf, serversOf } from './haproxy-config.js';
import { converge, seenBy, type HaproxyAt } from './haproxy-converge.js';
import { loadServed, saveServed } from './haproxy-files.js';
import { notLoaded } from './haproxy-look.js';
import { inFlight, look, type Seen } from './haproxy-runtime.js';
import {
  SLOTS,
  admitted,
  divided,
  keyOf,
  refused,
  withTarget,
  withdrawn,
  withoutTarget,
  type Served,
  type ServedTarget,
} from './haproxy-state.js';

const LOOK_MS = 50;

/**
 * HAProxy, by a folder that it loads and the socket of its master process. Every change is written, done at run time, and looked at
 * again, so that no reload or restart, whoever does it, takes it back. `at` says where it is for a target's environment. Fails with
 * `router.unavailable`, `router.refused`, and with what `at` fails with.
 */
export function haproxyRouter(at: (target: TargetRef) => Promise<HaproxyAt>): Router {
  const change = async (
    target: TargetRef,
    signal: AbortSignal,
    next: (known: ServedTarget) => ServedTarget,
  ): Promise<void> => {
    const place = await at(target);
    await locked(place, signal, async (served) => {
      const known = served.targets[keyOf(target)];
      if (known === undefined) throw refused(`HAProxy has no target ${keyOf(target)}`);
      await put(place, withTarget(served, keyOf(target), next(known)), target, signal);
    });
  };
  return {
    observe: async (target, signal) => observe(await at(target), keyOf(target), signal),
    open: async (target, listen, signal) => open(await at(target), target, listen ?? 0, signal),
    admit: (target, slot, release, members, signal) =>
      change(target, signal, (known) => admitted(known, slot, { release, members })),
    split: (target, split, signal) => change(target, signal, (known) => divided(known, split)),
    drain: async (target, slot, timeoutMs, signal) =>
      drain(await at(target), keyOf(target), slot, timeoutMs, signal),
    withdraw: async (target, slot, signal) => {
      const place = await at(target);
      await locked(place, signal, async (served) => {
        const known = served.targets[keyOf(target)];
        if (known === undefined) return;
        await put(place, withTarget(served, keyOf(target), withdrawn(known, slot)), target, signal);
      });
    },
    close: async (target, signal) => close(await at(target), target, signal),
  };
}

/** One change at a time on this host: all targets share the files. */
const locked = <T>(
  { folder }: HaproxyAt,
  signal: AbortSignal,
  work: (served: Served) => Promise<T>,
): Promise<T> => exclusive(`${folder}/shipway.json`, signal, async () => work(await loadServed(folder)));

async function put(at: HaproxyAt, served: Served, target: TargetRef, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await saveServed(at.folder, served);
  await converge(at, served, keyOf(target), signal);
}

/** What the files have forgotten, HAProxy may still serve. */
const close = (at: HaproxyAt, target: TargetRef, signal: AbortSignal): Promise<void> =>
  locked(at, signal, async (served) => {
    const key = keyOf(target);
    const known = served.targets[key] !== undefined || (await seenNow(at, key, signal)).servers !== undefined;
    if (known) await put(at, withoutTarget(served, key), target, signal);
  });

async function observe(at: HaproxyAt, key: string, signal: AbortSignal): Promise<RouterState | undefined> {
  const seen = await seenNow(at, key, signal);
  const known = (await loadServed(at.folder)).targets[key];
  return known === undefined ? undefined : stateOf(known, seen, at);
}

/** By the worker process that is there; a reload between finding it and asking it is looked behind once. */
async function seenNow(at: HaproxyAt, key: string, signal: AbortSignal): Promise<Seen> {
  const ask = askMaster(at.socket, signal);
  const worker = async () => askWorker(ask, (await processes(ask, signal)).current);
  return (await seenBy(await worker(), key, at.folder)) ?? (await look(await worker(), key, at.folder));
}

/** What HAProxy does; only what it cannot say is taken from the file. */
function stateOf(known: ServedTarget, { servers, entry }: Seen, { folder }: HaproxyAt): RouterState {
  if (servers === undefined) throw notLoaded(folder);
  const slots = SLOTS.filter((slot) => known.slots[slot] !== undefined);
  const per = <T>(of: (slot: Slot) => T) =>
    Object.fromEntries(slots.map((slot) => [slot, of(slot)])) as Partial<Record<Slot, T>>;
  return {
    address: addressOf(known),
    shares: entry === entryOf(known) ? known.shares : sharesIn(entry),
    members: per((slot) => {
      const there = servers[slot].filter((s) => s.admitted);
      const same = serversOf(known, slot).every(({ name }) => there.some((s) => s.name === name));
      const listed = known.slots[slot]?.members ?? [];
      return same && there.length === listed.length
        ? listed
        : there.map(({ host, port }) => `http://${bracketed(host)}:${String(port)}`);
    }),
    releases: per((slot) => known.slots[slot]?.release ?? ''),
  };
}

const addressOf = ({ port }: Pick<ServedTarget, 'port'>): string => `http://127.0.0.1:${String(port)}`;

function sharesIn(entry: string | undefined): RouterState['shares'] {
  const [candidate, share] = (entry ?? '').split('|');
  if (candidate !== 'blue' && candidate !== 'green') return {};
  return { [candidate]: Number(share), [otherSlot(candidate)]: FULL - Number(share) };
}

async function open(
  at: HaproxyAt,
  target: TargetRef,
  listen: number,
  signal: AbortSignal,
): Promise<RouterState> {
  const key = keyOf(target);
  await processes(askMaster(at.socket, signal), signal);
  return locked(at, signal, async (before) => {
    const known = before.targets[key];
    const port = await portFor(known, listen);
    const opened: ServedTarget = known === undefined ? { ...EMPTY, port } : { ...known, port };
    const served = withTarget(before, key, opened);
    try {
      await put(at, served, target, signal);
    } catch (error) {
      // An address that was refused is not to come with the next reload.
      await saveServed(at.folder, before);
      throw error;
    }
    const state = await observe(at, key, signal);
    if (state === undefined) throw unavailable(`${at.folder} was changed meanwhile`);
    return state;
  });
}
const EMPTY = { shares: {}, slots: {}, userKey: [] } as const;

async function portFor(known: ServedTarget | undefined, listen: number): Promise<number> {
  if (known !== undefined && (listen === 0 || listen === known.port)) return known.port;
  if (listen === 0) return freePort();
  const server = createServer().listen(listen, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw refused(`port ${String(listen)} of 127.0.0.1 is taken`);
    // HAProxy may have rights to it that this worker has not.
    if (code !== 'EACCES') throw error;
    return listen;
  }
  server.close();
  await once(server, 'close');
  return listen;
}

/** Workers that a reload has sent away still serve what they have begun. */
async function drain(
  at: HaproxyAt,
  key: string,
  slot: Slot,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ inflight: number }> {
  const ask = askMaster(at.socket, signal);
  for (const until = Date.now() + timeoutMs; ;) {
    const { current, old } = await processes(ask, signal);
    const [now, ...before] = await Promise.all(
      [current, ...old].map((pid) => inFlight(askWorker(ask, pid), key, slot)),
    );
    if (now === undefined && (await processes(ask, signal)).current === current)
      throw unavailable('HAProxy does not say what it has in flight');
    // Who does not say may have one.
    const inflight = [now, ...before].reduce<number>((sum, n) => sum + (n ?? 1), 0);
    if (inflight === 0 || Date.now() >= until) return { inflight };
    await sleep(Math.min(LOOK_MS, Math.max(until - Date.now(), 0)));
  }
}
