import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerCredentials, type Server } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { flagFeed } from '../api/flag-feed.js';
import { flagSyncServer } from '../api/flag-sync.js';
import { NAME } from '../domain/ids.js';
import type { FlagStore } from '../domain/ports.js';
import { hold } from '../exclusive.js';
import { ifGone } from '../if-gone.js';
import type { WorkerSettings } from '../settings.js';
import { flagDir, flagFile, flagPort, writeFlags } from './flag-place.js';

export interface ServeFlags {
  readonly settings: Pick<WorkerSettings, 'flags' | 'stateDir'>;
  readonly flags: Pick<FlagStore, 'list' | 'revision'>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}
/** From a change in the store to the instances: less than a second, with whatever else there is on the way. */
const LOOK_MS = 200;
const TURN_MS = 500;

/**
 * Serves the flags of this host's targets to flagd's providers, and keeps them in files, until `signal` ends it. Of workers that share a
 * host's state one does; another takes over when that is gone. What goes wrong is logged: instances keep what they were told last.
 */
export async function serveFlags(of: ServeFlags): Promise<void> {
  const { settings, flags, log, signal } = of;
  let release: (() => void) | undefined;
  while ((release = await hold(flagDir(settings))) === undefined && !signal.aborted)
    await pause(TURN_MS, signal);
  if (release === undefined) return;
  const feed = flagFeed(flags, signal);
  const { token: secret } = settings.flags;
  const server = flagSyncServer({ feed, ...(secret === undefined ? {} : { secret }) });
  try {
    await Promise.all([
      listening(server, of),
      untilEnded(of, async () => {
        await Promise.all([feed.refresh(), refreshFiles(of)]);
      }),
    ]);
  } catch (error) {
    if (!signal.aborted) log.error({ err: error }, 'flags are not served any more');
  } finally {
    server.forceShutdown();
    release();
  }
}

/** Another program may have the port for a while. */
async function listening(server: Server, { settings, log, signal }: ServeFlags): Promise<void> {
  const { host } = settings.flags;
  const address = `${host.includes(':') ? `[${host}]` : host}:${String(await flagPort(settings))}`;
  for (let told = false; !signal.aborted;) {
    const error = await bound(server, address);
    if (error === undefined) return void log.info({ address }, 'flags are served');
    if (!told) log.warn({ address, why: error.message }, 'flags cannot be served there: it is tried again');
    told = true;
    await pause(TURN_MS, signal);
  }
}

const bound = (server: Server, address: string): Promise<Error | undefined> =>
  new Promise((resolve) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) => {
      resolve(error ?? undefined);
    });
  });

async function untilEnded({ flags, log, signal }: ServeFlags, refresh: () => Promise<void>): Promise<void> {
  let seen: number | undefined;
  let away = false;
  while (!signal.aborted) {
    try {
      // First, so that what changes meanwhile is looked for again.
      const revision = await flags.revision(signal);
      if (revision !== seen) await refresh();
      seen = revision;
      if (away) log.info('flags are read again');
      away = false;
    } catch (error) {
      if (!away && !signal.aborted)
        log.warn({ why: String(error) }, 'flags cannot be read: they stay as they were');
      away = true;
    }
    await pause(LOOK_MS, signal);
  }
}

/** Files are there for the targets whose instances were told of one. */
async function refreshFiles({ settings, flags, signal }: ServeFlags): Promise<void> {
  const services = await namesIn(flagDir(settings));
  for (const service of services)
    for (const name of await namesIn(join(flagDir(settings), service))) {
      const target = { service, environment: name.replace(/\.json$/, '') };
      if (name.endsWith('.json') && NAME.test(target.environment))
        await writeFlags(flagFile(settings, target), target, flags, signal);
    }
}

const namesIn = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory).catch(ifGone)) ?? [];

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
