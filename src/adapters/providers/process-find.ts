import { readFile, readdir } from 'node:fs/promises';
import { findIdentity, isAlive, type ProcessIdentity } from '../../processes.js';

/** The name under which a process and all that it starts carry the id of their instance. */
export const TOKEN = 'SHIPWAY_INSTANCE';

/** A process that belongs to an instance, and the process group it is in. */
export interface Member extends ProcessIdentity {
  readonly group: number;
}

/**
 * Every living process of the instance, whoever started it and whatever became of its parents: all that carry its id, and all in the
 * session of its leader, as long as that lives, because some programs write over their environment. `token` is the name that the id
 * is carried under.
 */
export async function membersOf(
  id: string,
  leader?: ProcessIdentity,
  token = TOKEN,
): Promise<readonly Member[]> {
  if (process.platform !== 'linux') return [];
  const session = leader !== undefined && (await isAlive(leader)) ? leader.pid : undefined;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => livingMember(Number(pid), `${token}=${id}`, session)));
  return found.flatMap((m) => m ?? []);
}

/** The process with this pid when it lives and carries the id. Without /proc its pid must do. */
export async function member(pid: number, id: string): Promise<Member | undefined> {
  if (process.platform === 'linux') return livingMember(pid, `${TOKEN}=${id}`, undefined);
  const known = await findIdentity(pid);
  return known === undefined ? undefined : { ...known, group: pid };
}

async function livingMember(
  pid: number,
  carried: string,
  session: number | undefined,
): Promise<Member | undefined> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(foreign);
  // The name in parentheses may hold anything; what follows it begins with field 3, the state.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const [state, , group, itsSession] = fields;
  if (state === undefined || state === 'Z' || state === 'X') return undefined;
  if (Number(itsSession) !== session) {
    const environment = await readFile(`/proc/${String(pid)}/environ`, 'utf8').catch(foreign);
    if (!environment?.split('\0').includes(carried)) return undefined;
  }
  return { pid, startTime: fields[19] ?? '', group: Number(group) };
}

/** Gone meanwhile, or somebody else's: not ours either way. */
export function foreign(error: NodeJS.ErrnoException): undefined {
  if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR'].includes(error.code ?? '')) return undefined;
  throw error;
}
