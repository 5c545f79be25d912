import { setTimeout as sleep } from 'node:timers/promises';
import { exclusive } from '../../exclusive.js';
import { targetKey, type TargetRef } from '../../domain/ids.js';
import { FULL } from '../../domain/plan.js';
import type { Router, RouterState } from '../../domain/ports.js';
import { otherSlot, type Slot } from '../../domain/target.js';
import { refused, unavailable } from './failures.js';
import { keptPort } from './kept-port.js';
import { loadServed, saveServed, type ServedFile } from './served-files.js';
import { entryOf, hostPort, serversOf, type Server } from './servers.js';
import {
  SLOTS,
  admitted,
  divided,
  withTarget,
  withdrawn,
  withoutTarget,
  type Served,
  type ServedTarget,
} from './served.js';

/** What a router does for a target now, whatever the files say. */
export interface Doing {
  /** Those that it sends requests to; absent: it has no place for the target. */
  readonly servers?: Readonly<Record<Slot, readonly Server[]>>;
  readonly entry?: string;
}

/** What is a router's own. All fail with `router.unavailable`, what changes anything with `router.refused`, too. */
export interface FolderKind<Place> {
  readonly name: string;
  /** That it runs, as far as can be told of one that has nothing to do yet. */
  readonly runs: (place: Place, signal: AbortSignal) => Promise<unknown>;
  /** The same place with what a change is to be written with. Writes nothing; for whoever has the folder to himself. */
  readonly prepared: (place: Place) => Promise<Place>;
  /** What it loads, and what others read of it. */
  readonly files: (place: Place, served: Served) => readonly ServedFile[];
  /** Brings it to what the files say of one target, and ends when it does just that. */
  readonly converge: (place: Place, served: Served, key: string, signal: AbortSignal) => Promise<void>;
  readonly look: (place: Place, served: Served, key: string, signal: AbortSignal) => Promise<Doing>;
  readonly inflight: (place: Place, served: Served, of: InFlight, signal: AbortSignal) => Promise<number>;
  /** It runs, and without what was written for it. */
  readonly notLoaded: (place: Place) => Error;
}
/** Requests to a slot, but for those to servers that `staying` names. */
export interface InFlight {
  readonly key: string;
  readonly slot: Slot;
  readonly staying: ReadonlySet<string>;
}
/** A folder that shipway alone writes. */
interface InFolder {
  readonly folder: string;
}
const LOOK_MS = 50;

/**
 * A router of a user's that loads a folder. Every change is written, done at run time, and looked at again, so that no reload or restart,
 * whoever does it, takes it back. `at` says where it is for a target's environment. Fails with `router.unavailable`, `router.refused`, and
 * with what `at` fails with.
 */
export function folderRouter<Place extends InFolder>(
  kind: FolderKind<Place>,
  at: (target: TargetRef) => Promise<Place>,
): Router {
  const change = async (
    target: TargetRef,
    signal: AbortSignal,
    next: (known: ServedTarget) => ServedTarget,
    unknown: 'refused' | 'done' = 'refused',
  ): Promise<void> => {
    const place = await at(target);
    await locked(kind, place, signal, async (ready, served) => {
      const known = served.targets[targetKey(target)];
      if (known !== undefined)
        await put(kind, ready, withTarget(served, targetKey(target), next(known)), target, signal);
      else if (unknown === 'refused') throw refused(`${kind.name} has no target ${targetKey(target)}`);
    });
  };
  return {
    observe: async (target, signal) => observe(kind, await at(target), targetKey(target), signal),
    open: async (target, listen, signal) => open(kind, await at(target), target, listen ?? 0, signal),
    admit: (target, slot, release, members, signal) =>
      change(target, signal, (known) => admitted(known, slot, { release, members })),
    split: (target, split, signal) => change(target, signal, (known) => divided(known, split)),
    drain: async (target, slot, timeoutMs, signal) =>
      drain(kind, await at(target), { key: targetKey(target), slot }, timeoutMs, signal),
    withdraw: (target, slot, signal) => change(target, signal, (known) => withdrawn(known, slot), 'done'),
    close: async (target, signal) => close(kind, await at(target), target, signal),
  };
}

/** One change at a time on this host: all targets share the files. */
const locked = <Place extends InFolder, T>(
  kind: FolderKind<Place>,
  place: Place,
  signal: AbortSignal,
  work: (ready: Place, served: Served) => Promise<T>,
): Promise<T> =>
  exclusive(`${place.folder}/shipway.json`, signal, async () => {
    const served = await loadServed(place.folder);
    return work(await kind.prepared(place), served);
  });

async function put<Place extends InFolder>(
  kind: FolderKind<Place>,
  ready: Place,
  served: Served,
  target: TargetRef,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  await saveServed(ready.folder, served, kind.files(ready, served));
  await kind.converge(ready, served, targetKey(target), signal);
}

/** What the files have forgotten, the router may still serve: it is asked with what it was told before. */
const close = <Place extends InFolder>(
  kind: FolderKind<Place>,
  place: Place,
  target: TargetRef,
  signal: AbortSignal,
): Promise<void> =>
  locked(kind, place, signal, async (ready, served) => {
    const key = targetKey(target);
    const known =
      served.targets[key] !== undefined ||
      (await kind.look(place, served, key, signal)).servers !== undefined;
    if (known) await put(kind, ready, withoutTarget(served, key), target, signal);
  });

async function observe<Place extends InFolder>(
  kind: FolderKind<Place>,
  place: Place,
  key: string,
  signal: AbortSignal,
): Promise<RouterState | undefined> {
  const served = await loadServed(place.folder);
  const doing = await kind.look(place, served, key, signal);
  const known = served.targets[key];
  if (known === undefined) return undefined;
  const { servers, entry } = doing;
  if (servers === undefined) throw kind.notLoaded(place);
  return stateOf(known, servers, entry);
}

/** What the router does; only what it cannot say is taken from the file. */
function stateOf(
  known: ServedTarget,
  servers: NonNullable<Doing['servers']>,
  entry: string | undefined,
): RouterState {
  const slots = SLOTS.filter((slot) => known.slots[slot] !== undefined);
  const per = <T>(of: (slot: Slot) => T) =>
    Object.fromEntries(slots.map((slot) => [slot, of(slot)])) as Partial<Record<Slot, T>>;
  return {
    address: `http://127.0.0.1:${String(known.port)}`,
    shares: entry === entryOf(known) ? known.shares : sharesIn(entry),
    members: per((slot) => {
      const there = servers[slot];
      const same = serversOf(known, slot).every(({ name }) => there.some((s) => s.name === name));
      const listed = known.slots[slot]?.members ?? [];
      return same && there.length === listed.length ? listed : there.map((one) => `http://${hostPort(one)}`);
    }),
    releases: per((slot) => known.slots[slot]?.release ?? ''),
  };
}

function sharesIn(entry: string | undefined): RouterState['shares'] {
  const [candidate, share] = (entry ?? '').split('|');
  if (candidate !== 'blue' && candidate !== 'green') return {};
  return { [candidate]: Number(share), [otherSlot(candidate)]: FULL - Number(share) };
}

const EMPTY = { shares: {}, slots: {}, userKey: [] } as const;

async function open<Place extends InFolder>(
  kind: FolderKind<Place>,
  place: Place,
  target: TargetRef,
  listen: number,
  signal: AbortSignal,
): Promise<RouterState> {
  const key = targetKey(target);
  await kind.runs(place, signal);
  return locked(kind, place, signal, async (ready, before) => {
    const known = before.targets[key];
    const port = await keptPort(known?.port, listen);
    const opened: ServedTarget = known === undefined ? { ...EMPTY, port } : { ...known, port };
    try {
      await put(kind, ready, withTarget(before, key, opened), target, signal);
    } catch (error) {
      // An address that was refused is not to come with the next reload.
      await saveServed(place.folder, before, kind.files(ready, before));
      throw error;
    }
    const state = await observe(kind, ready, key, signal);
    if (state === undefined) throw unavailable(`${place.folder} was changed meanwhile`);
    return state;
  });
}

/** While users are sent to the slot, only what members have that it has no more is waited for. */
async function drain<Place extends InFolder>(
  kind: FolderKind<Place>,
  place: Place,
  { key, slot }: Pick<InFlight, 'key' | 'slot'>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ inflight: number }> {
  for (const until = Date.now() + timeoutMs; ;) {
    const served = await loadServed(place.folder);
    const known = served.targets[key];
    const serves = known !== undefined && (known.shares[slot] ?? 0) > 0;
    const staying = new Set(serves ? serversOf(known, slot).map(({ name }) => name) : []);
    const inflight = await kind.inflight(place, served, { key, slot, staying }, signal);
    if (inflight === 0 || Date.now() >= until) return { inflight };
    await sleep(Math.min(LOOK_MS, Math.max(until - Date.now(), 0)));
    signal.throwIfAborted();
  }
}
