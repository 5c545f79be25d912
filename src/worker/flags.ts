import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerCredentials, type Server } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { flagFeed, flagsNow, type FlagFeed } from '../api/flag-feed.js';
import { flagSyncServer } from '../api/flag-sync.js';
import { NAME, type TargetRef } from '../domain/ids.js';
import type { FlagStore } from '../domain/ports.js';
import { hold } from '../exclusive.js';
import { bracketed } from '../host.js';
import { ifGone } from '../if-gone.js';
import type { WorkerSettings } from '../settings.js';
import { filesRevision, flagDir, flagFile, flagPort, writeFlags } from './flag-place.js';

export interface ServeFlags {
  readonly settings: Pick<WorkerSettings, 'flags' | 'stateDir'>;
  readonly flags: Pick<FlagStore, 'list' | 'revision'>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}
/** From a change in the store to the instances: less than a second, with whatever else there is on the way. */
const LOOK_MS = 200;
const TURN_MS = 500;
/** A file that could not be written is tried again so often. */
const UNWRITTEN_MS = 5_000;

/**
 * Serves the flags of this host's targets to flagd's providers, and keeps them in files, until `signal` ends it. Of workers that share a
 * host's state one does; another takes over when that is gone. What goes wrong is logged and tried again: instances keep what they were
 * told last.
 */
export async function serveFlags(of: ServeFlags): Promise<void> {
  const { settings, flags, log, signal } = of;
  const release = await turn(of);
  if (release === undefined) return;
  const feed = flagFeed(flags, signal);
  const { token: secret } = settings.flags;
  const unread = once(log, 'flags that were asked for cannot be read: who asks is told to ask again');
  const server = flagSyncServer({ feed, unread, ...(secret === undefined ? {} : { secret }) });
  try {
    await Promise.all([listening(server, of), untilEnded(of, feed)]);
  } finally {
    server.forceShutdown();
    release();
  }
}

/** Waits until no other worker serves. */
async function turn({ settings, log, signal }: ServeFlags): Promise<(() => void) | undefined> {
  const told = once(log, 'flags are not served yet: it is tried again');
  while (!signal.aborted) {
    const release = await hold(flagDir(settings)).catch(told);
    if (release !== undefined) return release;
    await pause(TURN_MS, signal);
  }
  return undefined;
}

/** Another program may have the port for a while, and the state may not be readable. */
async function listening(server: Server, { settings, log, signal }: ServeFlags): Promise<void> {
  const told = once(log, 'flags cannot be served: it is tried again');
  while (!signal.aborted) {
    const address = await bound(server, settings).catch(told);
    if (address !== undefined) return void log.info({ address }, 'flags are served');
    await pause(TURN_MS, signal);
  }
}

async function bound(server: Server, settings: ServeFlags['settings']): Promise<string> {
  const { host } = settings.flags;
  const address = `${bracketed(host)}:${String(await flagPort(settings))}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve(address);
      else reject(new Error(`${address}: ${error.message}`, { cause: error }));
    });
  });
}

/** For a `catch`: logs the first one. */
function once(log: Logger, what: string): (error: unknown) => undefined {
  let told = false;
  return (error) => {
    if (!told) log.warn({ why: String(error) }, what);
    told = true;
    return undefined;
  };
}

async function untilEnded(of: ServeFlags, feed: FlagFeed): Promise<void> {
  const { settings, flags, log, signal } = of;
  let seen: string | undefined;
  let away = false;
  let unwritten: Unwritten = { files: [], until: Infinity };
  while (!signal.aborted) {
    try {
      // First, so that what changes meanwhile is looked for again.
      const revision = `${String(await flags.revision(signal))} ${String(await filesRevision(settings))}`;
      if (revision !== seen || Date.now() >= unwritten.until) {
        await feed.refresh();
        unwritten = await refreshFiles(of, feed, unwritten);
      }
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

/** Files that could not be written, and when that is tried again. */
interface Unwritten {
  readonly files: readonly string[];
  readonly until: number;
}

/**
 * Files are there for the targets whose instances were told of one. One that cannot be written keeps no other from it. What somebody
 * follows is not read again for its file.
 */
async function refreshFiles(
  { settings, log, signal }: ServeFlags,
  feed: FlagFeed,
  before: Unwritten,
): Promise<Unwritten> {
  const files: string[] = [];
  for (const target of await targetsIn(flagDir(settings))) {
    const file = flagFile(settings, target);
    const why = await writeFlags(file, await flagsNow(feed, target), signal);
    if (why === undefined) continue;
    files.push(file);
    if (!before.files.includes(file))
      log.warn({ file, why }, 'flags cannot be written there: the file stays as it was');
  }
  return { files, until: files.length === 0 ? Infinity : Date.now() + UNWRITTEN_MS };
}

async function targetsIn(directory: string): Promise<readonly TargetRef[]> {
  const targets: TargetRef[] = [];
  for (const service of await namesIn(directory))
    for (const name of await namesIn(join(directory, service))) {
      const environment = name.replace(/\.json$/, '');
      if (name.endsWith('.json') && NAME.test(environment)) targets.push({ service, environment });
    }
  return targets;
}

const namesIn = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory).catch(ifGone)) ?? [];

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
