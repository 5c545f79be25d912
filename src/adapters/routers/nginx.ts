import type { TargetRef } from '../../domain/ids.js';
import type { Router } from '../../domain/ports.js';
import type { Slot } from '../../domain/target.js';
import { unavailable } from './failures.js';
import { folderRouter, type Doing, type FolderKind, type InFlight } from './folder-router.js';
import { askInflight, askTarget, silent } from './nginx-admin.js';
import { confText, targetsText } from './nginx-config.js';
import { converge, notLoaded } from './nginx-converge.js';
import { nginxPlace, withOwnToken, type NginxAt, type NginxPlace } from './nginx-place.js';
import type { Served } from './served.js';
import { serversAt, type Server } from './servers.js';
import { whyOf } from '../../errors.js';

/** nginx with its Lua module, by a folder that it includes and a port where it answers. */
export const nginxRouter = (at: (target: TargetRef) => Promise<NginxAt>): Router =>
  folderRouter(NGINX, async (target) => nginxPlace(await at(target)));

/** Of the token, and of the configuration that it is in, too, which the master process reads alone. */
const OWN_MODE = 0o600;

const NGINX: FolderKind<NginxPlace> = {
  name: 'nginx',
  // One that has no target yet listens nowhere: it is known when it is to be reloaded.
  runs: () => Promise.resolve(),
  prepared: withOwnToken,
  files: (place, served) => [
    ...place.code,
    { name: 'token', text: `${place.token ?? ''}\n`, mode: OWN_MODE },
    { name: 'shipway.targets', text: targetsText(served) },
    { name: 'shipway.conf', text: confText(served, place), mode: OWN_MODE },
  ],
  converge,
  look,
  inflight,
  notLoaded,
};

/** Nobody is asked where nobody listens: without a target nginx has nothing of shipway's. */
async function look(place: NginxPlace, served: Served, key: string, signal: AbortSignal): Promise<Doing> {
  const said = await askTarget(place, key, signal);
  if (said?.revision === undefined) {
    if (Object.keys(served.targets).length === 0) return {};
    throw silent(place, said === undefined ? 'connection refused' : 'it knows another token');
  }
  const entry = /(?:^| )split=(\S+)/.exec(said.now)?.[1];
  return {
    ...(entry === undefined ? {} : { entry }),
    ...(said.place ? { servers: serversSaid(place, said.now) } : {}),
  };
}

async function inflight(
  place: NginxPlace,
  served: Served,
  { key, slot, staying }: InFlight,
  signal: AbortSignal,
): Promise<number> {
  if (Object.keys(served.targets).length === 0) return 0;
  return [...(await askInflight(place, key, slot, signal))]
    .filter(([name]) => !staying.has(name))
    .reduce((sum, [, count]) => sum + count, 0);
}

function serversSaid({ port }: NginxPlace, state: string): NonNullable<Doing['servers']> {
  try {
    return { blue: serversIn(state, 'blue'), green: serversIn(state, 'green') };
  } catch (cause) {
    const why = whyOf(cause);
    throw unavailable(
      `nginx at 127.0.0.1:${String(port)} was told by somebody else what is no member: ${why}; restart it, and it begins with what shipway wrote`,
      cause,
    );
  }
}

function serversIn(state: string, slot: Slot): readonly Server[] {
  const [, release = '', members = ''] = new RegExp(`(?:^| )${slot}=([^|\\s]*)\\|(\\S*)`).exec(state) ?? [];
  const listed = members.split(',').filter((member) => member !== '');
  return serversAt(
    release,
    listed.map((member) => `http://${member}`),
  );
}
