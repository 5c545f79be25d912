import { readFile, readlink } from 'node:fs/promises';
import { identityOf } from '../../processes.js';

/** The machine's boot: what had not been written to its disk by then is lost. */
export const machineBoot = async (): Promise<string> =>
  process.platform === 'linux' ? (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim() : 'once';

/**
 * What processes live within and end with: the boot of the machine, and of a container its run, which leaves the machine's boot as it
 * is. Another than the one in which a process was started means that it did not end by itself.
 */
export async function bootIdentity(): Promise<string> {
  // The number of a namespace may be given again to the next container; the start of its first process is not.
  const first = await identityOf(1).then(
    ({ startTime }) => startTime,
    () => 'hidden',
  );
  if (process.platform !== 'linux') return first;
  const namespace = await readlink('/proc/self/ns/pid').catch(() => 'hidden');
  return `${await machineBoot()} ${namespace} ${first}`;
}

/** In the note of an instance that its host has ended in an orderly way: the boot of no machine. */
export const HALTED = 'halted';
