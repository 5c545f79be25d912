import { readFile, writeFile } from 'node:fs/promises';

/** Of Linux' groups of processes by session: the one that gives way to all others. */
const LAST = '19';

/**
 * Has processes, and all that they start in their sessions, get of the processors what others leave them, as if they were on machines of their own.
 * Answers whether the kernel does that.
 */
export async function aside(pids: readonly number[]): Promise<boolean> {
  try {
    for (const pid of pids) await writeFile(`/proc/${String(pid)}/autogroup`, LAST);
    return (await readFile('/proc/sys/kernel/sched_autogroup_enabled', 'utf8')).trim() === '1';
  } catch {
    return false;
  }
}
