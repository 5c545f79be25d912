import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** A process known for sure: pids are used again, a pid with its start time is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot on Linux, the text of `ps` elsewhere; only ever compared. */
  readonly startTime: string;
}

/** Fails when there is no such process. */
export async function identityOf(pid: number): Promise<ProcessIdentity> {
  const found = await findIdentity(pid);
  if (found === undefined) throw new Error(`there is no process ${String(pid)}`);
  return found;
}

/** `undefined` when there is no such process; fails when that cannot be told. */
export async function findIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  const startTime = await startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await startTimeOf(identity.pid)) === identity.startTime;
}

export interface StopOptions {
  /** From the first signal to SIGKILL. */
  readonly graceMs: number;
  /** The first signal; default SIGTERM. */
  readonly signal?: NodeJS.Signals;
  /** Signals the whole process group that the process leads. */
  readonly group?: boolean;
}
const POLL_MS = 20;

/** Ends the process and waits until it is gone. One that is gone already, or another with its pid, is left alone. */
export async function stopProcess(
  identity: ProcessIdentity,
  { graceMs, signal = 'SIGTERM', group = false }: StopOptions,
): Promise<void> {
  const killAt = Date.now() + graceMs;
  let killed = false;
  if (!(await isAlive(identity))) return;
  send(identity.pid, signal, group);
  while (await isAlive(identity)) {
    if (!killed && Date.now() >= killAt) {
      killed = true;
      send(identity.pid, 'SIGKILL', group);
    }
    await new Promise((r) => setTimeout(r, POLL_MS));
  }
}

/** Signals; a process that has ended meanwhile is what was wanted. */
function send(pid: number, signal: NodeJS.Signals, group: boolean): void {
  try {
    process.kill(group ? -pid : pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** `undefined`: no such process, or a zombie that has ended and waits to be collected. */
async function startTimeOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return fromPs(pid);
  try {
    // The kernel answers at once: another thread would take longer to be asked.
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // The name in parentheses may hold anything; what follows it begins with field 3, the state.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

async function fromPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return stdout.trim().replaceAll(/\s+/g, ' ') || undefined;
  } catch (error) {
    if (typeof (error as { code?: unknown }).code === 'number') return undefined;
    throw error;
  }
}
