import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TargetRef } from '../../domain/ids.js';
import type { Configuration, Probe } from '../../domain/plan.js';
import type { ArtifactStore, HealthReport, Instance, ObservedSlot, Provider } from '../../domain/ports.js';
import type { Release } from '../../domain/release.js';
import type { Slot } from '../../domain/target.js';
import { digestOf } from '../../hash.js';
import {
  forget,
  instanceDir,
  logFile,
  readInstances,
  readSlot,
  slotDir,
  writeSlot,
  type InstanceNote,
} from './process-files.js';
import { awaitReady, probe } from './process-health.js';
import { unpackRelease } from './process-release.js';
import { processOf, startProcess, stopInstance } from './process-start.js';

export interface ProcessProviderOptions {
  /** Instances, unpacked releases and their output live below it. */
  readonly stateDir: string;
  readonly artifacts: ArtifactStore;
}
const SLOTS: readonly Slot[] = ['blue', 'green'];

/** Instances as detached processes of this host, known by pid and start time; they outlive the worker. */
export function processProvider(options: ProcessProviderOptions): Provider {
  const { stateDir } = options;
  return {
    observe: (target) => observe(stateDir, target),
    ensure: (target, slot, release, configuration, signal) =>
      ensure(options, { target, slot, release, configuration }, signal),
    health: (target, slot, asked, signal) => health(stateDir, target, slot, asked, signal),
    remove: (target, slot) => remove(stateDir, target, slot),
  };
}

async function observe(stateDir: string, target: TargetRef): Promise<readonly ObservedSlot[]> {
  const slots = await Promise.all(SLOTS.map((slot) => observeSlot(stateDir, target, slot)));
  return slots.flatMap((s) => s ?? []);
}

async function observeSlot(
  stateDir: string,
  target: TargetRef,
  slot: Slot,
): Promise<ObservedSlot | undefined> {
  const directory = slotDir(stateDir, target, slot);
  const note = await readSlot(directory);
  if (note === undefined) return undefined;
  const instances = await Promise.all((await readInstances(directory)).map(observed));
  return {
    slot,
    release: note.release.digest,
    version: note.release.version,
    configuration: note.configuration,
    instances,
  };
}

const urlOf = (note: InstanceNote): string => `http://127.0.0.1:${String(note.port)}`;
async function observed(note: InstanceNote): Promise<Instance> {
  const alive = (await processOf(note)) !== undefined;
  return { id: note.id, url: urlOf(note), state: alive ? 'ready' : 'gone', startedAt: note.startedAt };
}

interface Wanted {
  readonly target: TargetRef;
  readonly slot: Slot;
  readonly release: Release;
  readonly configuration: Configuration;
}

async function ensure(
  options: ProcessProviderOptions,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const { stateDir } = options;
  const { target, slot, release, configuration } = wanted;
  const directory = slotDir(stateDir, target, slot);
  const digest = digestOf(configuration);
  const note = await readSlot(directory);
  if (note !== undefined && (note.release.digest !== release.digest || note.configuration !== digest))
    await remove(stateDir, target, slot);
  await writeSlot(directory, { release, configuration: digest });
  const running = await keepRunning(stateDir, wanted);
  const missing = configuration.replicas - running.length;
  const cwd = missing > 0 ? await unpackRelease(stateDir, options.artifacts, release) : '';
  for (let i = 0; i < missing; i++) {
    signal.throwIfAborted();
    running.push(await startProcess(startOf(stateDir, wanted, cwd)));
  }
  await Promise.all(
    running.map((n) => awaitReady(n, configuration, logFile(stateDir, target, slot, n.id), signal)),
  );
  return running.map((n) => ({ id: n.id, url: urlOf(n), state: 'ready', startedAt: n.startedAt }));
}

/** What runs as asked stays; what has ended, and what is too many, goes. */
async function keepRunning(
  stateDir: string,
  { target, slot, configuration }: Wanted,
): Promise<InstanceNote[]> {
  const kept: InstanceNote[] = [];
  for (const note of await readInstances(slotDir(stateDir, target, slot))) {
    const found = await processOf(note);
    if (found !== undefined && kept.length < configuration.replicas) {
      kept.push({ ...note, process: found });
      continue;
    }
    await stopInstance(note);
    await forget(instanceDir(stateDir, target, slot, note.id));
  }
  return kept;
}

function startOf(stateDir: string, { target, slot, release, configuration }: Wanted, cwd: string) {
  const id = randomUUID().slice(0, 8);
  return {
    id,
    token: randomUUID(),
    directory: instanceDir(stateDir, target, slot, id),
    log: logFile(stateDir, target, slot, id),
    cwd,
    command: configuration.command,
    environment: {
      ...configuration.environment,
      SHIPWAY_SERVICE: target.service,
      SHIPWAY_ENVIRONMENT: target.environment,
      SHIPWAY_VERSION: release.version,
      SHIPWAY_SLOT: slot,
    },
  };
}

async function health(
  stateDir: string,
  target: TargetRef,
  slot: Slot,
  asked: Pick<Probe, 'path' | 'timeoutMs'>,
  signal: AbortSignal,
): Promise<HealthReport> {
  const notes = await readInstances(slotDir(stateDir, target, slot));
  const failures = (await Promise.all(notes.map((n) => probe(urlOf(n), asked, signal)))).flatMap(
    (why) => why ?? [],
  );
  return {
    probes: notes.length,
    failures: failures.length,
    ...(failures[0] === undefined ? {} : { note: failures[0] }),
  };
}

/** Also finds instances whose start was cut short: their notes are there, or their folder is. */
async function remove(stateDir: string, target: TargetRef, slot: Slot): Promise<void> {
  const directory = slotDir(stateDir, target, slot);
  await Promise.all((await readInstances(directory)).map(stopInstance));
  await forget(directory);
}

/** Targets that this folder has notes of. */
export async function notedSlots(stateDir: string): Promise<readonly { target: TargetRef; slot: Slot }[]> {
  const entries = await readdir(join(stateDir, 'instances'), { recursive: true }).catch(() => []);
  return entries.flatMap((path) => {
    const [service, environment, slot, file] = path.split('/');
    const known = SLOTS.find((s) => s === slot);
    return service === undefined || environment === undefined || known === undefined || file !== 'slot.json'
      ? []
      : [{ target: { service, environment }, slot: known }];
  });
}
