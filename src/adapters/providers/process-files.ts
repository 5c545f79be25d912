import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TargetRef } from '../../domain/ids.js';
import type { Digest, Release } from '../../domain/release.js';
import type { Slot } from '../../domain/target.js';
import type { ProcessIdentity } from '../../processes.js';

/** What a slot is to run, written before its first process. */
export interface SlotNote {
  readonly release: Release;
  readonly configuration: Digest;
}
/** One instance: written before its process is started, without `process`; with it as soon as it is known. */
export interface InstanceNote {
  readonly id: string;
  /** In the process's environment, so that it can be found when the note of its pid was never written. */
  readonly token: string;
  readonly port: number;
  readonly startedAt: string;
  readonly process?: ProcessIdentity;
}

/** Where the provider keeps its notes: `instances/<service>/<environment>/<slot>/`. */
export const slotDir = (stateDir: string, t: TargetRef, slot: Slot): string =>
  join(stateDir, 'instances', t.service, t.environment, slot);
export const instanceDir = (stateDir: string, t: TargetRef, slot: Slot, id: string): string =>
  join(slotDir(stateDir, t, slot), id);
export const logFile = (stateDir: string, t: TargetRef, slot: Slot, id: string): string =>
  join(instanceDir(stateDir, t, slot, id), 'output.log');

export const readSlot = (directory: string): Promise<SlotNote | undefined> =>
  readJson<SlotNote>(join(directory, 'slot.json'));
export const writeSlot = (directory: string, note: SlotNote): Promise<void> =>
  writeJson(directory, 'slot.json', note);
export const writeInstance = (directory: string, note: InstanceNote): Promise<void> =>
  writeJson(directory, 'instance.json', note);

export async function readInstances(directory: string): Promise<readonly InstanceNote[]> {
  const notes = await Promise.all(
    (await folders(directory)).map((id) => readJson<InstanceNote>(join(directory, id, 'instance.json'))),
  );
  return notes.flatMap((n) => n ?? []);
}

export const forget = (directory: string): Promise<void> => rm(directory, { recursive: true, force: true });

async function writeJson(directory: string, name: string, value: unknown): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, `${name}.new`), JSON.stringify(value), { mode: 0o600 });
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

async function folders(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory, { withFileTypes: true }))
      .filter((e) => e.isDirectory())
      .map((e) => e.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
