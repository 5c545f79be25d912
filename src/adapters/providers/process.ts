import type { TargetRef } from '../../domain/ids.js';
import type { Probe } from '../../domain/plan.js';
import type {
  ArtifactStore,
  HealthReport,
  Instance,
  ObservedSlot,
  Provider,
  SecretStore,
} from '../../domain/ports.js';
import type { Slot } from '../../domain/target.js';
import { ShipwayError } from '../../errors.js';
import { bootIdentity } from './process-boot.js';
import { ensureSlot } from './process-ensure.js';
import {
  forgetSlot,
  logFile,
  readInstances,
  SLOTS,
  readSlot,
  slotDir,
  type InstanceNote,
  type SlotNote,
} from './process-files.js';
import { probe, urlOf } from './process-health.js';
import { exclusive } from '../../exclusive.js';
import { sweepReleases } from './process-sweep.js';
import { isOnItsWay, processOf } from './process-start.js';
import { stopInstance } from './process-stop.js';
import { processPasses } from './process-pass.js';
import { slotUsage } from './process-usage.js';

export interface ProcessProviderOptions {
  /** Instances, unpacked releases and their output live below it. */
  readonly stateDir: string;
  readonly artifacts: ArtifactStore;
  /** Asked when an instance is started, and never for one that runs. */
  readonly secrets: Pick<SecretStore, 'resolve'>;
  /** What instances of a target are told besides, where their configuration does not say otherwise; absent: nothing. */
  readonly variables?: (target: TargetRef) => Promise<Readonly<Record<string, string>>>;
}

/**
 * Instances as detached processes of this host, known by pid and start time; they outlive the worker. One that ends is not started
 * again behind anybody's back: `observe` says that it is gone, `ensure` starts another. Fails also with `provider.unavailable`.
 */
export function processProvider({ stateDir, ...stores }: ProcessProviderOptions): Provider {
  const passing = processPasses();
  return {
    observe: (target, signal) => converted(() => observe(stateDir, target, signal)),
    ensure: (target, slot, release, configuration, signal, count = configuration.replicas, stay) =>
      converted(() =>
        ensureSlot(
          { stateDir, ...stores, target, slot, release, configuration, count, ...(stay && { stay }) },
          signal,
        ),
      ),
    health: (target, slot, asked, signal) =>
      converted(() => health(slotDir(stateDir, target, slot), asked, signal)),
    usage: (target, slot, signal) =>
      converted(() => slotUsage(slotDir(stateDir, target, slot), passing, signal)),
    sweep: (asked, signal) => converted(() => sweepReleases(stateDir, asked, signal)),
    remove: (target, slot, signal) => converted(() => remove(slotDir(stateDir, target, slot), signal)),
  };
}

/** A disk that is full or a folder that may not be read is the host's, not the release's, fault. */
async function converted<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    throw new ShipwayError('provider.unavailable', `this host cannot: ${message}`, { cause: error });
  }
}

async function observe(
  stateDir: string,
  target: TargetRef,
  signal: AbortSignal,
): Promise<readonly ObservedSlot[]> {
  const slots = await Promise.all(SLOTS.map((slot) => observeSlot(stateDir, target, slot, signal)));
  return slots.flatMap((s) => s ?? []);
}

async function observeSlot(
  stateDir: string,
  target: TargetRef,
  slot: Slot,
  signal: AbortSignal,
): Promise<ObservedSlot | undefined> {
  signal.throwIfAborted();
  const directory = slotDir(stateDir, target, slot);
  const note = await readSlot(directory);
  if (note === undefined) return undefined;
  const notes = await readInstances(directory);
  return {
    slot,
    release: note.release.digest,
    version: note.release.version,
    configuration: note.configuration,
    instances: await Promise.all(notes.map((n) => observed(directory, note, n, signal))),
  };
}

async function observed(
  directory: string,
  slot: SlotNote,
  note: InstanceNote,
  signal: AbortSignal,
): Promise<Instance> {
  const known = { id: note.id, url: urlOf(note), startedAt: note.startedAt };
  const absent = await absence(directory, slot, note);
  if (absent !== undefined) return { ...known, state: absent };
  // What ends with its host has not gone by itself, and is still wanted.
  if (note.stopping === true && !(await lost(note))) return { ...known, state: 'gone' };
  if ((await probe(known.url, slot.readiness, signal)) === undefined) return { ...known, state: 'ready' };
  return { ...known, state: isYoung(note, slot) ? 'starting' : 'not_ready' };
}

/**
 * What it means that an instance has no process; `undefined` when it has one. That there is none yet says nothing about one that is about to
 * be; one whose worker died in that moment has no more than its time.
 */
async function absence(
  directory: string,
  slot: Pick<SlotNote, 'startupTimeoutMs'> | undefined,
  note: InstanceNote,
): Promise<'starting' | 'lost' | 'gone' | undefined> {
  // Asked first: what comes to be meanwhile is found.
  const begins = isYoung(note, slot) && (await isOnItsWay(directory, note));
  if ((await processOf(directory, note)) !== undefined) return undefined;
  if (await lost(note)) return 'lost';
  return begins ? 'starting' : 'gone';
}

/** Of one that has ended: with its host and not by itself. */
const lost = async ({ boot }: InstanceNote): Promise<boolean> =>
  boot !== undefined && boot !== (await bootIdentity());

/** What should run and does not is a failed probe, and a slot without anything in it too: silence never passes for health. */
async function health(
  directory: string,
  asked: Pick<Probe, 'path' | 'timeoutMs'>,
  signal: AbortSignal,
): Promise<HealthReport> {
  signal.throwIfAborted();
  const slot = await readSlot(directory);
  const notes = await readInstances(directory);
  const looks = await Promise.allSettled(notes.map((note) => unwell(directory, slot, note, asked, signal)));
  signal.throwIfAborted();
  const missing = Math.max((slot?.replicas ?? 1) - notes.length, 0);
  const said = looks.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []));
  const reasons = [...said.flatMap((why) => why ?? []), ...Array<string>(missing).fill('nothing runs')];
  const silent = looks.find((look) => look.status === 'rejected');
  if (silent !== undefined && reasons.length === 0) throw silent.reason as Error;
  return {
    probes: said.length + missing,
    failures: reasons.length,
    ...(reasons[0] === undefined ? {} : { note: reasons[0] }),
  };
}

const isYoung = (
  { startedAt }: InstanceNote,
  slot: Pick<SlotNote, 'startupTimeoutMs'> | undefined,
): boolean => Date.now() - Date.parse(startedAt) < (slot?.startupTimeoutMs ?? 0);

/** Why it is not well. Fails while that can't be said: after the end of its host, until it has been ready again or had its time. */
async function unwell(
  directory: string,
  slot: SlotNote | undefined,
  note: InstanceNote,
  asked: Pick<Probe, 'path' | 'timeoutMs'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const absent = await absence(directory, slot, note);
  if (absent === 'gone') return `instance ${note.id} is gone; its output: ${logFile(directory, note.id)}`;
  if (absent === 'lost') throw unsaid(note, 'ended with its host, and not by itself');
  if (absent === 'starting') throw unsaid(note, 'is still starting');
  const why = await probe(urlOf(note), asked, signal);
  if (why !== undefined && note.ready !== true && isYoung(note, slot))
    throw unsaid(note, `is still starting: ${why}`);
  return why;
}

const unsaid = ({ id }: InstanceNote, why: string): ShipwayError =>
  new ShipwayError('provider.unavailable', `instance ${id} ${why}`);

/** Also ends instances whose start was cut short, and what instances have left behind. */
async function remove(directory: string, signal: AbortSignal): Promise<void> {
  await exclusive(directory, signal, async () => {
    const notes = await readInstances(directory);
    await Promise.all(notes.map((note) => stopInstance(directory, note, signal)));
    await forgetSlot(directory);
  });
}
