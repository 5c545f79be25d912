import { readFile, readdir, readlink } from 'node:fs/promises';
import { foreign, membersOf } from './process-find.js';
import type { InstanceNote } from './process-files.js';

const LISTEN = '0A';

/**
 * Whether a program that is none of the instance's listens on its port: the port was taken between its choice and its use, and whatever
 * answers there says nothing of the instance. Known on Linux only.
 */
export async function strangerOnPort({ id, port, process: leader }: InstanceNote): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const listening = await listeners(port);
  if (listening.size === 0) return false;
  for (const { pid } of await membersOf(id, leader))
    for (const socket of await socketsOf(pid)) if (listening.has(socket)) return false;
  return true;
}

/** The sockets that listen on the port, as `/proc/<pid>/fd` names them. */
async function listeners(port: number): Promise<ReadonlySet<string>> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(foreign)),
  );
  const rows = tables
    .flatMap((text) => (text ?? '').split('\n').slice(1))
    .map((row) => row.trim().split(/\s+/));
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return new Set(
    rows.flatMap(([, local, , state, , , , , , inode]) =>
      state === LISTEN && local?.endsWith(`:${hex}`) === true ? [`socket:[${String(inode)}]`] : [],
    ),
  );
}

async function socketsOf(pid: number): Promise<readonly string[]> {
  const folder = `/proc/${String(pid)}/fd`;
  const open = (await readdir(folder).catch(foreign)) ?? [];
  const targets = await Promise.all(open.map((fd) => readlink(`${folder}/${fd}`).catch(foreign)));
  return targets.flatMap((t) => t ?? []);
}
