import { readFileSync, readdirSync } from 'node:fs';
import { findIdentity, isAlive, type ProcessIdentity } from '../../processes.js';

/** The name under which a process and all that it starts carry the id of their instance. */
export const TOKEN = 'SHIPWAY_INSTANCE';

/** A process that belongs to an instance, and the process group it is in. */
export interface Member extends ProcessIdentity {
  readonly group: number;
}
/** As the kernel has it. */
export interface Listed extends Member {
  readonly session: number;
  /** It has ended, and its parent has not asked how. */
  readonly ended: boolean;
  /** Processor time of it, and of those of its children that have ended and were asked how: ms of one processor. */
  readonly cpuMs: number;
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
  return pids().flatMap((pid) => livingMember(pid, `${token}=${id}`, session) ?? []);
}

/** Of all processes there are. */
export const pids = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** The process with this pid when it lives and carries the id. Without /proc its pid must do. */
export async function member(pid: number, id: string): Promise<Member | undefined> {
  if (process.platform === 'linux') return livingMember(pid, `${TOKEN}=${id}`, undefined);
  const known = await findIdentity(pid);
  return known === undefined ? undefined : { ...known, group: pid };
}

/** The kernel answers at once: asked by threads, the processes of many instances that stop would be more open files than there may be. */
function livingMember(pid: number, carried: string, session: number | undefined): Member | undefined {
  const found = listed(pid);
  if (found === undefined || found.ended) return undefined;
  if (found.session !== session && !carriedBy(pid).includes(carried)) return undefined;
  const { startTime, group } = found;
  return { pid, startTime, group };
}

/** `undefined`: no such process. */
export function listed(pid: number): Listed | undefined {
  const stat = ownPart(pid, 'stat');
  if (stat === undefined) return undefined;
  // The name in parentheses may hold anything; what follows it begins with field 3, the state.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', , group, session] = fields;
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  const startTime = fields[19] ?? '';
  const [ended, cpuMs] = [state === 'Z' || state === 'X', ticks * TICK_MS];
  return { pid, startTime, group: Number(group), session: Number(session), ended, cpuMs };
}
/** The kernel tells times in these on every architecture that Node runs on (`USER_HZ` is 100), whatever its own clock. */
const TICK_MS = 10;

/** The variables that a process was started with. */
export const carriedBy = (pid: number): readonly string[] => ownPart(pid, 'environ')?.split('\0') ?? [];

export function ownPart(pid: number, what: 'stat' | 'environ' | 'status'): string | undefined {
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
