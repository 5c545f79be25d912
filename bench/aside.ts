import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Of Linux' groups of processes by session: the one that gives way to all others. */
const LAST = '19';
/** Who is not root may change one group in a tenth of a second. */
const PAUSE_MS = 200;

/**
 * Has processes, and all that they start in their sessions, get of the processors what others leave them, as if they were on machines of their own.
 * Answers whether the kernel does that: not where it does not know such groups, nor for what a control group shares the processors out to.
 */
export async function aside(pids: readonly number[]): Promise<boolean> {
  try {
    for (const pid of pids) {
      await writeFile(`/proc/${String(pid)}/autogroup`, LAST);
      await sleep(PAUSE_MS);
    }
    const enabled = await readFile('/proc/sys/kernel/sched_autogroup_enabled', 'utf8');
    return enabled.trim() === '1' && groupOf(await readFile('/proc/self/cgroup', 'utf8')) === '/';
  } catch {
    return false;
  }
}

/** The control group that shares the processors out: of a hierarchy of its own, or of the one for all. */
function groupOf(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.split(':'));
  const own = lines.find(([, controllers]) => controllers?.split(',').includes('cpu') === true);
  return (own ?? lines.find(([id]) => id === '0'))?.[2];
}
