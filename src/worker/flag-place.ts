import { mkdir, readFile, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { selectorOf } from '../api/flag-selector.js';
import { flagSetText } from '../domain/flags.js';
import type { TargetRef } from '../domain/ids.js';
import type { FlagStore } from '../domain/ports.js';
import { exclusive } from '../exclusive.js';
import { freePort } from '../free-port.js';
import { bracketed } from '../host.js';
import { ifGone } from '../if-gone.js';
import type { WorkerSettings } from '../settings.js';
import { writeDurably } from '../write-durably.js';

type Settings = Pick<WorkerSettings, 'flags' | 'stateDir'>;

/** Where flags of this host's targets are, for all workers that share its state. */
export const flagDir = ({ stateDir }: Settings): string => join(stateDir, 'flags');
/** Flags of a target in a file, as they last were: for who does not reach the worker. */
export const flagFile = (of: Settings, { service, environment }: TargetRef): string =>
  join(flagDir(of), service, `${environment}.json`);

/** Instances outlive their worker, and look for the next one at the same port. */
export async function flagPort(of: Settings): Promise<number> {
  if (of.flags.port !== undefined) return of.flags.port;
  const file = join(flagDir(of), 'port');
  return (
    (await kept(file)) ??
    exclusive(file, undefined, async () => {
      const port = (await kept(file)) ?? (await freePort());
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeDurably(file, `${String(port)}\n`);
      return port;
    })
  );
}

async function kept(file: string): Promise<number | undefined> {
  const port = Number(await readFile(file, 'utf8').catch(ifGone));
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

/** How long an instance that is started waits for the flags of a target that has none yet. */
const PATIENCE_MS = 500;
const RETRY_MS = '1000';

/**
 * The variables by which flagd's provider in an instance finds its flags, and the file that it may read where it does not reach them. A
 * way back does not wait for the store, and without it no flag is in the file at first. A file that could not be written is not named.
 */
export const flagVariables =
  (settings: Settings, flags: Pick<FlagStore, 'list'>) =>
  async (target: TargetRef): Promise<Readonly<Record<string, string>>> => {
    const file = flagFile(settings, target);
    if (!(await isThere(file))) await begin(settings, target, flags).catch(() => undefined);
    const { host, token } = settings.flags;
    const port = String(await flagPort(settings));
    return {
      FLAGD_RESOLVER: 'in-process',
      FLAGD_HOST: reachable(host),
      FLAGD_PORT: port,
      FLAGD_SYNC_PORT: port,
      FLAGD_SOURCE_SELECTOR: selectorOf(target, token),
      FLAGD_RETRY_BACKOFF_MS: RETRY_MS,
      FLAGD_RETRY_BACKOFF_MAX_MS: RETRY_MS,
      ...((await isThere(file)) ? { SHIPWAY_FLAGS_FILE: file } : {}),
    };
  };

/** Where instances of this host look for flags. */
export const flagAddress = async (settings: Settings): Promise<string> =>
  `${reachable(settings.flags.host)}:${String(await flagPort(settings))}`;

const isThere = async (file: string): Promise<boolean> => (await stat(file).catch(ifGone)) !== undefined;

const reachable = (host: string): string =>
  host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : bracketed(host);

/** Whoever keeps the files hears of the new one, and mends what was not known here. */
async function begin(settings: Settings, target: TargetRef, flags: Pick<FlagStore, 'list'>): Promise<void> {
  const [file, signal] = [flagFile(settings, target), AbortSignal.timeout(PATIENCE_MS)];
  const known = await Promise.race([
    flags.list(target, signal).catch(() => []),
    sleep(PATIENCE_MS, [], { ref: false }),
  ]);
  await exclusive(file, AbortSignal.timeout(PATIENCE_MS), async () => {
    if (!(await isThere(file))) await replace(file, flagSetText(target, known));
  });
  const now = Date.now() / 1_000;
  await utimes(flagDir(settings), now, now);
}

/** Another one after files have come. */
export const filesRevision = async (of: Settings): Promise<number> =>
  (await stat(flagDir(of)).catch(ifGone))?.mtimeMs ?? 0;

/** Writes this text, unless the file says that already. Why it could not be written is given back. */
export async function writeFlags(
  file: string,
  text: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return exclusive(file, signal, async () => {
    try {
      if ((await readFile(file, 'utf8').catch(ifGone)) !== text) await replace(file, text);
      return undefined;
    } catch (error) {
      return String(error);
    }
  });
}

async function replace(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeDurably(file, text);
}
