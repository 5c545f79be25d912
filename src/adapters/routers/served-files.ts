import { readFile } from 'node:fs/promises';
import { ifGone } from '../../if-gone.js';
import { writeDurably } from '../../write-durably.js';
import { objectIn } from '../json-object.js';
import { refused, unavailable } from './failures.js';
import { NOTHING, SLOTS, type Served } from './served.js';
import { hostPort, serversOf } from './servers.js';
import { whyOf } from '../../errors.js';

const VERSION = 1;
const stateFile = (folder: string): string => `${folder}/shipway.json`;

/** What a router loads, or others of it, by the name of its file. */
export interface ServedFile {
  readonly name: string;
  readonly text: string;
  /** For whom; default: for everybody to read. */
  readonly mode?: number;
}
const READABLE = 0o644;

/**
 * What was last asked of the router. Fails with `router.refused` when the file is not one that this version wrote, with
 * `router.unavailable` when it cannot be read.
 */
export async function loadServed(folder: string): Promise<Served> {
  const text = await textOf(stateFile(folder));
  if (text === undefined) return NOTHING;
  const read: ({ readonly version?: unknown } & Partial<Served>) | undefined = objectIn(text);
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
    const why = whyOf(cause);
    throw unavailable(`${file} cannot be read: ${why}; let the worker's user read there`, cause);
  }
}

/** All files say the same when it is done; the one that the others are made of comes first. */
export async function saveServed(folder: string, served: Served, made: readonly ServedFile[]): Promise<void> {
  const state = { name: 'shipway.json', text: JSON.stringify({ version: VERSION, ...served }) };
  const instances = { name: 'instances.json', text: instancesText(served) };
  try {
    for (const { name, text, mode = READABLE } of [state, ...made, instances] as readonly ServedFile[])
      if ((await readFile(`${folder}/${name}`, 'utf8').catch(ifGone)) !== text)
        await writeDurably(`${folder}/${name}`, text, mode);
  } catch (cause) {
    const why = whyOf(cause);
    throw refused(`${folder} cannot be written: ${why}; let the worker's user write there`);
  }
}

/** Every instance with its labels, as Prometheus reads it by `file_sd_configs`. */
function instancesText({ targets }: Served): string {
  const groups = Object.entries(targets).flatMap(([key, target]) =>
    SLOTS.flatMap((slot) => {
      const servers = serversOf(target, slot);
      const release = target.slots[slot]?.release;
      if (release === undefined || servers.length === 0) return [];
      const [service, environment] = key.split('/');
      return [
        {
          targets: servers.map(hostPort),
          labels: { service, environment, release, slot },
        },
      ];
    }),
  );
  return `${JSON.stringify(groups, null, 2)}\n`;
}
