import { readFile } from 'node:fs/promises';
import { ifGone } from '../../if-gone.js';
import { writeDurably } from '../../write-durably.js';
import { unavailable } from './haproxy-cli.js';
import { configText, instancesText, mapFile, mapText } from './haproxy-config.js';
import { NOTHING, refused, type Served } from './haproxy-state.js';

const VERSION = 1;
const READABLE = 0o644;
const stateFile = (folder: string): string => `${folder}/shipway.json`;

/** What HAProxy loads. */
export const loadedFile = (folder: string): string => `${folder}/shipway.cfg`;

/**
 * What was last asked of HAProxy. Fails with `router.refused` when the file is not one that this version wrote, with `router.unavailable`
 * when it cannot be read.
 */
export async function loadServed(folder: string): Promise<Served> {
  const text = await textOf(stateFile(folder));
  if (text === undefined) return NOTHING;
  const read = parsed(text);
  if (read?.version === VERSION && typeof read.targets === 'object') return { targets: read.targets };
  throw refused(
    `${stateFile(folder)} is none of version ${String(VERSION)}: put it back, or move it away to begin without any target`,
  );
}

/** Fails with `router.unavailable` when it is there and cannot be read. */
export async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8').catch(ifGone);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unavailable(`${file} cannot be read: ${why}; let the worker's user read there`, cause);
  }
}

function parsed(text: string): ({ readonly version?: unknown } & Served) | undefined {
  try {
    return JSON.parse(text) as { readonly version?: unknown } & Served;
  } catch {
    return undefined;
  }
}

/** All files say the same when it is done; the one that the others are made of comes first. */
export async function saveServed(folder: string, served: Served): Promise<void> {
  const files = [
    [stateFile(folder), JSON.stringify({ version: VERSION, ...served })],
    [mapFile(folder), mapText(served)],
    [loadedFile(folder), configText(served, folder)],
    [`${folder}/instances.json`, instancesText(served)],
  ] as const;
  try {
    for (const [file, text] of files)
      if ((await readFile(file, 'utf8').catch(ifGone)) !== text) await writeDurably(file, text, READABLE);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refused(`${folder} cannot be written: ${why}; let the worker's user write there`);
  }
}
