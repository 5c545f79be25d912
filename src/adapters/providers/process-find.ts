import { readFileSync, readdirSync } from 'node:fs';
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
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => livingMember(Number(pid), `${token}=${id}`, session) ?? []);
}

/** The process with this pid when it lives and carries the id. Without /proc its pid must do. */
export async function member(pid: number, id: string): Promise<Member | undefined> {
  if (process.platform === 'linux') return livingMember(pid, `${TOKEN}=${id}`, undefined);
  const known = await findIdentity(pid);
  return known === undefined ? undefined : { ...known, group: pid };
}

/** The kernel answers at once: asked by threads, the processes of many instances that stop would be more open files than there may be. */
function livingMember(pid: number, carried: string, session: number | undefined): Member | undefined {
  const stat = ownPart(pid, 'stat');
  // The name in parentheses may hold anything; what follows it begins with field 3, the state.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const [state, , group, itsSession] = fields;
  if (state === undefined || state === 'Z' || state === 'X') return undefined;
  if (Number(itsSession) !== session) {
    const environment = ownPart(pid, 'environ');
    if (!environment?.split('\0').includes(carried)) return undefined;
  }
  return { pid, startTime: fields[19] ?? '', group: Number(group) };
}

function ownPart(pid: number, what: 'stat' | 'environ'): string | undefined {
  try {
    return readFileSync(`/proc/${String(pid)}/${what}`, 'utf8');
  } catch (error) {
    return foreign(error as NodeJS.ErrnoException);
  }
}

/** Gone meanwhile, or somebody else's: not ours either way. */
export function foreign(error: NodeJS.ErrnoException): undefined {
  if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR'].includes(error.code ?? '')) return undefined;
  throw error;
}
