import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NAME, type TargetRef } from '../../domain/ids.js';
import type { Probe } from '../../domain/plan.js';
import type { Digest, Release } from '../../domain/release.js';
import type { Slot } from '../../domain/target.js';
import { ShipwayError } from '../../errors.js';
import { entriesOf, foldersIn } from '../../folders.js';
import type { ProcessIdentity } from '../../processes.js';

export const SLOTS: readonly Slot[] = ['blue', 'green'];

/** What a slot is to run, written before its first process. */
export interface SlotNote {
  readonly release: Release;
  readonly configuration: Digest;
  /** sha256 of what one instance runs with: the configuration without their number. */
  readonly each: Digest;
  readonly replicas: number;
  readonly readiness: Probe;
  readonly startupTimeoutMs: number;
}
/** One instance: written before its process is started, without `process`; with it as soon as it is known. */
export interface InstanceNote {
  /** Random; in the environment of the process and of all that it starts, so that they can be found without this note. */
  readonly id: string;
  readonly port: number;
  readonly startedAt: string;
  /** In which it was started (`bootIdentity`), or that its host has ended it. Absent in notes of earlier versions. */
  readonly boot?: string;
  /** It has been ready since it was started: from then on a probe that fails counts. */
  readonly ready?: true;
  /** It was told to stop: nobody counts on it any more, though it may live for a while. */
  readonly stopping?: true;
  readonly process?: ProcessIdentity;
}

/** Where the provider keeps its notes: `instances/<service>/<environment>/<slot>/`. */
export function slotDir(stateDir: string, { service, environment }: TargetRef, slot: Slot): string {
  if (!NAME.test(service) || !NAME.test(environment))
    throw new ShipwayError('internal.bug', `${JSON.stringify(`${service}/${environment}`)} is no target`);
  return join(stateDir, 'instances', service, environment, slot);
}

/** Every slot that has a note. Instances' own folders are not looked into: what services do there is their business. */
export async function notedSlots(stateDir: string): Promise<readonly { target: TargetRef; slot: Slot }[]> {
  const root = join(stateDir, 'instances');
  const found: { target: TargetRef; slot: Slot }[] = [];
  for (const service of await foldersIn(root))
    for (const environment of await foldersIn(join(root, service)))
      for (const slot of SLOTS)
        if ((await readSlot(join(root, service, environment, slot))) !== undefined)
          found.push({ target: { service, environment }, slot });
  return found;
}

export const instanceDir = (slotDirectory: string, id: string): string => join(slotDirectory, id);

/** Outputs outlive their instances: a failure names them. The newest are kept. */
const LOGS = 'logs';
const KEPT_LOGS = 20;
export const logFile = (slotDirectory: string, id: string): string => join(slotDirectory, LOGS, `${id}.log`);

export async function makeLogFile(slotDirectory: string, id: string): Promise<void> {
  const directory = join(slotDirectory, LOGS);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await (await open(logFile(slotDirectory, id), 'a', 0o600)).close();
}

export const readSlot = (slotDirectory: string): Promise<SlotNote | undefined> =>
  readJson<SlotNote>(join(slotDirectory, 'slot.json'));
export const writeSlot = (slotDirectory: string, note: SlotNote): Promise<void> =>
  writeJson(slotDirectory, 'slot.json', note);
export const writeInstance = (slotDirectory: string, note: InstanceNote): Promise<void> =>
  writeJson(instanceDir(slotDirectory, note.id), 'instance.json', note);

/** Oldest first. */
export async function readInstances(slotDirectory: string): Promise<readonly InstanceNote[]> {
  const ids = (await entriesOf(slotDirectory)).filter((e) => e.isDirectory() && e.name !== LOGS);
  const notes = await Promise.all(
    ids.map((e) => readJson<InstanceNote>(join(slotDirectory, e.name, 'instance.json'))),
  );
  const age = ({ startedAt, id }: InstanceNote): string => `${startedAt} ${id}`;
  return notes.flatMap((n) => n ?? []).sort((a, b) => (age(a) < age(b) ? -1 : 1));
}

export const forgetInstance = (slotDirectory: string, id: string): Promise<void> =>
  rm(instanceDir(slotDirectory, id), { recursive: true, force: true });

/** Forgets the slot and all but the newest outputs. */
export async function forgetSlot(slotDirectory: string): Promise<void> {
  await rm(join(slotDirectory, 'slot.json'), { force: true });
  for (const entry of await entriesOf(slotDirectory))
    if (entry.name !== LOGS) await rm(join(slotDirectory, entry.name), { recursive: true, force: true });
  await sweepLogs(slotDirectory, []);
}

/** Keeps the newest outputs and those of the instances named. */
export async function sweepLogs(slotDirectory: string, running: readonly string[]): Promise<void> {
  const names = (await entriesOf(join(slotDirectory, LOGS)))
    .map((e) => join(slotDirectory, LOGS, e.name))
    .filter((name) => !running.some((id) => name === logFile(slotDirectory, id)));
  const files = await Promise.all(names.map(async (name) => ({ name, at: await changedAt(name) })));
  for (const { name } of files.sort((a, b) => b.at - a.at).slice(KEPT_LOGS)) await rm(name, { force: true });
}

async function changedAt(file: string): Promise<number> {
  const handle = await open(file, 'r');
  try {
    return (await handle.stat()).mtimeMs;
  } finally {
    await handle.close();
  }
}

/** The old content or all of the new one, whatever ends meanwhile. */
async function writeJson(directory: string, name: string, value: unknown): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = await open(join(directory, `${name}.new`), 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(value));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(join(directory, `${name}.new`), join(directory, name));
}

async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
