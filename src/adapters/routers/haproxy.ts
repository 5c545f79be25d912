import type { TargetRef } from '../../domain/ids.js';
import type { Router } from '../../domain/ports.js';
import { unavailable } from './failures.js';
import { folderRouter, type Doing, type FolderKind, type InFlight } from './folder-router.js';
import { askMaster, askWorker, processes } from './haproxy-cli.js';
import { configText, mapText } from './haproxy-config.js';
import { converge, seenBy, type HaproxyAt } from './haproxy-converge.js';
import { notLoaded } from './haproxy-look.js';
import { inFlight, look } from './haproxy-runtime.js';
import type { Served } from './served.js';

/** HAProxy, by a folder that it loads and the socket of its master process. */
export const haproxyRouter = (at: (target: TargetRef) => Promise<HaproxyAt>): Router =>
  folderRouter(HAPROXY, at);

const HAPROXY: FolderKind<HaproxyAt> = {
  name: 'HAProxy',
  runs: ({ socket }, signal) => processes(askMaster(socket, signal), signal),
  prepared: (at) => Promise.resolve(at),
  files: ({ folder }, served) => [
    { name: 'shipway.map', text: mapText(served) },
    { name: 'shipway.cfg', text: configText(served, folder) },
  ],
  converge,
  look: (at, _served, key, signal) => seenNow(at, key, signal),
  inflight,
  notLoaded: ({ folder }) => notLoaded(folder),
};

/** By the worker process that is there; a reload between finding it and asking it is looked behind once. */
async function seenNow(at: HaproxyAt, key: string, signal: AbortSignal): Promise<Doing> {
  const ask = askMaster(at.socket, signal);
  const worker = async () => askWorker(ask, (await processes(ask, signal)).current);
  const { servers, entry } =
    (await seenBy(await worker(), key, at.folder)) ?? (await look(await worker(), key, at.folder));
  return {
    ...(entry === undefined ? {} : { entry }),
    ...(servers === undefined
      ? {}
      : {
          servers: {
            blue: servers.blue.filter((s) => s.admitted),
            green: servers.green.filter((s) => s.admitted),
          },
        }),
  };
}

/** Workers that a reload has sent away still serve what they have begun. */
async function inflight(
  { socket }: HaproxyAt,
  _served: Served,
  { key, slot, staying }: InFlight,
  signal: AbortSignal,
): Promise<number> {
  const ask = askMaster(socket, signal);
  const { current, old } = await processes(ask, signal);
  const [now, ...before] = await Promise.all(
    [current, ...old].map((pid) =>
      inFlight(askWorker(ask, pid), key, slot, staying.size === 0 ? undefined : staying),
    ),
  );
  if (now === undefined && (await processes(ask, signal)).current === current)
    throw unavailable('HAProxy does not say what it has in flight');
  // Who does not say may have one.
  return [now, ...before].reduce<number>((sum, n) => sum + (n ?? 1), 0);
}
