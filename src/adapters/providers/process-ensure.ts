import { connect } from 'node:net';
import type { TargetRef } from '../../domain/ids.js';
import type { Configuration, Probe } from '../../domain/plan.js';
import type { ArtifactStore, Instance, SecretStore } from '../../domain/ports.js';
import type { Release } from '../../domain/release.js';
import type { Slot } from '../../domain/target.js';
import { ShipwayError } from '../../errors.js';
import { digestOf } from '../../hash.js';
import {
  forgetInstance,
  logFile,
  readInstances,
  readSlot,
  slotDir,
  sweepLogs,
  writeInstance,
  writeSlot,
  type InstanceNote,
} from './process-files.js';
import { awaitReady, probe, tail, urlOf } from './process-health.js';
import { exclusive } from '../../exclusive.js';
import { unpackRelease } from './process-release.js';
import { settled, startProcess, type Started } from './process-start.js';
import { stopInstance } from './process-stop.js';
import { valuesOf, type Values } from './process-secrets.js';

export interface Wanted {
  readonly stateDir: string;
  readonly artifacts: ArtifactStore;
  readonly secrets: Pick<SecretStore, 'resolve'>;
  readonly target: TargetRef;
  readonly slot: Slot;
  readonly release: Release;
  readonly configuration: Configuration;
  readonly variables?: (target: TargetRef) => Promise<Readonly<Record<string, string>>>;
  /** How many instances, whatever the configuration says. */
  readonly count: number;
  /** Ids of those that stay of too many; absent: those that are ready. */
  readonly stay?: readonly string[];
}
interface Making extends Wanted {
  readonly values: Values;
}
/** A port that was free may be taken when the instance comes to it. */
const PORTS_TRIED = 3;

/**
 * Makes the slot be as wanted. The world is changed under the slot's lock, so that two workers never start two for one; waiting for
 * readiness is not, so that whoever wants the slot otherwise meanwhile gets it.
 */
export async function ensureSlot(asked: Wanted, signal: AbortSignal): Promise<readonly Instance[]> {
  const values = valuesOf(asked, signal);
  const wanted: Making = { ...asked, values };
  try {
    return await madeSlot(wanted, signal);
  } catch (error) {
    throw values.without(error);
  }
}

async function madeSlot(wanted: Making, signal: AbortSignal): Promise<readonly Instance[]> {
  const directory = slotDir(wanted.stateDir, wanted.target, wanted.slot);
  for (let tried = 1; ; tried++) {
    const running = await exclusive(directory, signal, () => converge(wanted, directory, signal));
    const unready = await awaitAll(directory, running, wanted, signal);
    if (unready.first === undefined) return made(directory, running, signal);
    const { error, of } = unready.first;
    if (tried < PORTS_TRIED && (await lostPort(directory, of, error))) continue;
    await stopUnready(directory, unready.stopped, signal);
    throw error;
  }
}

/** Notes that they have been ready, as far as the slot still has them. */
async function made(
  directory: string,
  running: readonly Started[],
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  await exclusive(directory, signal, async () => {
    const notes = await readInstances(directory);
    const mine = notes.filter((n) => n.ready !== true && running.some(({ note }) => note.id === n.id));
    await Promise.all(mine.map((note) => writeInstance(directory, { ...note, ready: true })));
  });
  return running.map(({ note: { id, startedAt }, note }) => ({
    ...{ id, url: urlOf(note), state: 'ready', startedAt },
  }));
}

async function converge(wanted: Making, directory: string, signal: AbortSignal): Promise<readonly Started[]> {
  const { stateDir, artifacts, release, configuration, count, values } = wanted;
  const each = digestOf({ ...configuration, replicas: 0 });
  const before = await readSlot(directory);
  const same = before?.release.digest === release.digest && before.each === each;
  const kept = same ? await staying(directory, wanted, signal) : [];
  const missing = count - kept.length;
  // First, because it may fail: nothing is stopped for a release that is not there.
  const secret = missing > 0 ? await values.read() : {};
  const cwd = missing > 0 ? await unpackRelease(stateDir, artifacts, release, signal) : '';
  const besides = missing > 0 ? ((await wanted.variables?.(wanted.target)) ?? {}) : {};
  await stopOthers(directory, kept, signal);
  await writeSlot(directory, {
    release,
    configuration: digestOf(configuration),
    each,
    replicas: count,
    readiness: configuration.healthChecks.readiness,
    startupTimeoutMs: configuration.startupTimeoutMs,
  });
  const running: Started[] = kept.map((note) => ({ note, fresh: false, ended: () => undefined }));
  const start = startOf(wanted, directory, cwd, { ...besides, ...configuration.environment, ...secret });
  for (let i = 0; i < missing; i++) {
    signal.throwIfAborted();
    running.push(await startProcess(start));
  }
  await sweepLogs(
    directory,
    running.map((s) => s.note.id),
  );
  return running;
}

/** What lives, as far as it is wanted: of too many those that are named, or are ready, come first. */
async function staying(
  directory: string,
  { count, stay, configuration: { healthChecks } }: Wanted,
  signal: AbortSignal,
): Promise<readonly InstanceNote[]> {
  const all = await living(directory);
  if (count === 0 || all.length <= count) return all.slice(0, count);
  const first = stay ?? (await readyOf(all, healthChecks.readiness, signal));
  const rank = ({ id }: InstanceNote): number => Number(!first.includes(id));
  return all.toSorted((a, b) => rank(a) - rank(b)).slice(0, count);
}

async function readyOf(
  all: readonly InstanceNote[],
  asked: Probe,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const unready = await Promise.all(all.map((note) => probe(urlOf(note), asked, signal)));
  return all.filter((_, i) => unready[i] === undefined).map(({ id }) => id);
}

/** What lives and was not told to stop, with its process; a start that was cut short is taken over or given up. */
async function living(directory: string): Promise<readonly InstanceNote[]> {
  const notes = await Promise.all(
    (await readInstances(directory)).map(async (note) => ({
      note,
      process: await settled(directory, note),
    })),
  );
  return notes.flatMap(({ note, process }) => (process && !note.stopping ? [{ ...note, process }] : []));
}

/** What has ended, what is too many and what is of another release or configuration goes. */
async function stopOthers(
  directory: string,
  kept: readonly InstanceNote[],
  signal: AbortSignal,
): Promise<void> {
  const others = (await readInstances(directory)).filter((n) => !kept.some((k) => k.id === n.id));
  await Promise.all(
    others.map(async (note) => {
      await stopInstance(directory, note, signal);
      await forgetInstance(directory, note.id);
    }),
  );
}

function startOf(
  { target, slot, release, configuration }: Wanted,
  slotDirectory: string,
  cwd: string,
  environment: Readonly<Record<string, string>>,
) {
  return {
    slotDirectory,
    cwd,
    command: configuration.command,
    environment,
    told: {
      SHIPWAY_SERVICE: target.service,
      SHIPWAY_ENVIRONMENT: target.environment,
      SHIPWAY_VERSION: release.version,
      SHIPWAY_SLOT: slot,
    },
  };
}

interface Unready {
  readonly first?: { readonly error: unknown; readonly of: Started };
  /** What does not stay: what this call started, and what ran before and had all the time there is. */
  readonly stopped: readonly Started[];
}

/** Waits for all of them, or for the first that fails: what ran before and had not its whole time by then is not judged. */
async function awaitAll(
  directory: string,
  running: readonly Started[],
  { configuration, values }: Making,
  signal: AbortSignal,
): Promise<Unready> {
  const from = Date.now();
  const enough = new AbortController();
  const either = AbortSignal.any([signal, enough.signal]);
  let first: Unready['first'];
  const stopped: Started[] = [];
  await Promise.all(
    running.map(async (of) => {
      try {
        await awaitReady(directory, of, configuration, values.shown, either);
      } catch (error) {
        first ??= { error, of };
        if (of.fresh || Date.now() - from >= configuration.startupTimeoutMs) stopped.push(of);
        enough.abort();
      }
    }),
  );
  signal.throwIfAborted();
  return { stopped, ...(first === undefined ? {} : { first }) };
}

async function lostPort(directory: string, { note }: Started, error: unknown): Promise<boolean> {
  if (!(error instanceof ShipwayError) || error.type !== 'instance.start_failed') return false;
  return (await taken(note.port)) || (await tail(logFile(directory, note.id))).includes('EADDRINUSE');
}

const taken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });

/** What could not be made ready does not stay behind, so that the next call starts anew. Its output stays. */
async function stopUnready(
  directory: string,
  unready: readonly Started[],
  signal: AbortSignal,
): Promise<void> {
  await exclusive(directory, signal, () =>
    Promise.all(unready.map(({ note }) => stopInstance(directory, note, signal))),
  );
}
