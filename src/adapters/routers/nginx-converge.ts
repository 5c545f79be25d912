import { setTimeout as sleep } from 'node:timers/promises';
import { refused, unavailable } from './failures.js';
import { askTarget, tellTarget, type Said } from './nginx-admin.js';
import { tellToReload, testConfiguration } from './nginx-command.js';
import { loadedFile, revisionOf, stateText } from './nginx-config.js';
import type { NginxPlace } from './nginx-place.js';
import type { Served } from './served.js';

const ROUNDS = 6;
const RELOADED_MS = 10_000;
const PAUSE_MS = 25;
/** For so long after new workers have begun the old ones take connections, too: nginx itself waits 100 ms. */
const BESIDE_MS = 250;

/**
 * Brings nginx to what the files say of one target. What is true at run time is changed first: a way back is not to wait for a reload, which
 * may be refused for what others have written. Fails with `router.unavailable`, `router.refused`.
 */
export async function converge(
  place: NginxPlace,
  served: Served,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  const target = served.targets[key];
  const wanted = target === undefined ? undefined : stateText(target);
  const revision = revisionOf(served, place);
  for (let round = 0; round < ROUNDS; round++) {
    const said = await askTarget(place, key, signal);
    const told = said?.place === true && said.now !== (wanted ?? '');
    if (told) await tellTarget(place, key, wanted, signal);
    // Who is silent has nothing of shipway's, or does not run, which a reload tells.
    if (said?.revision !== revision || (said === undefined && round === 0))
      await reload(place, key, revision, signal);
    else if (!told) {
      if (said !== undefined && wanted !== undefined && said.kept !== wanted) throw unread(place);
      return;
    }
  }
  throw unavailable(`nginx does not come to what ${place.folder} says`);
}

const unread = ({ folder }: NginxPlace): Error =>
  refused(
    `nginx's worker processes do not read ${folder}/shipway.targets: let their user read the folder, as they begin with it after a new start`,
  );

/** Ends when no worker of before takes connections any more. `revision` absent: when nothing of shipway's is loaded. */
async function reload(
  place: NginxPlace,
  key: string,
  revision: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  await testConfiguration(place, signal);
  await tellToReload(place, signal);
  let said: Said | undefined;
  let since: number | undefined;
  for (const until = Date.now() + RELOADED_MS; Date.now() < until;) {
    await sleep(PAUSE_MS);
    said = await askTarget(place, key, signal);
    if (said?.revision !== revision) since = undefined;
    else if (Date.now() - (since ??= Date.now()) >= BESIDE_MS) return;
  }
  throw said === undefined
    ? notLoaded(place)
    : unavailable('nginx was told to reload, and goes on as before');
}

/** It was reloaded, and does not listen where it was told to. */
export const notLoaded = ({ folder }: NginxPlace): Error =>
  refused(`nginx does not load ${loadedFile(folder)}: \`include ${folder}/*.conf;\` in its http block`);
