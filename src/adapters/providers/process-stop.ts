import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, type ProcessIdentity } from '../../processes.js';
import { writeInstance, type InstanceNote } from './process-files.js';
import { membersOf } from './process-find.js';
import { settled } from './process-start.js';

/** From SIGTERM to SIGKILL. */
const GRACE_MS = 10_000;
const LOOK_MS = 20;

/**
 * SIGTERM to the instance and to all that it has started, also what left its group or outlived it; SIGKILL after the grace. Returns when
 * none of them lives. An abort ends the waiting, and the next call goes on; whoever wants the instance meanwhile starts another one.
 */
export async function stopInstance(
  slotDirectory: string,
  note: InstanceNote,
  signal: AbortSignal,
): Promise<void> {
  const leader = await settled(slotDirectory, note);
  if (leader !== undefined) await noted(slotDirectory, { ...note, process: leader, stopping: true });
  const killAt = Date.now() + GRACE_MS;
  let left = await signalled(note.id, leader, 'SIGTERM');
  let killed = false;
  while (left.length > 0) {
    await sleep(LOOK_MS, undefined, { signal });
    left = await living(left);
    // What was started while the signal went round has not got it.
    if (left.length === 0) left = await signalled(note.id, undefined, 'SIGKILL');
    if (killed || Date.now() < killAt) continue;
    killed = true;
    left = await signalled(note.id, leader, 'SIGKILL');
  }
}

/** On a disk that is full it is stopped all the same. */
const noted = (slotDirectory: string, note: InstanceNote): Promise<void> =>
  writeInstance(slotDirectory, note).catch(() => undefined);

/** Signals each process once: a second SIGTERM means haste to many servers. */
async function signalled(
  id: string,
  leader: ProcessIdentity | undefined,
  signal: NodeJS.Signals,
): Promise<readonly ProcessIdentity[]> {
  const members = await membersOf(id, leader);
  const led = leader !== undefined && (await isAlive(leader)) ? leader : undefined;
  if (led !== undefined) send(-led.pid, signal);
  for (const other of members) if (other.group !== led?.pid) send(other.pid, signal);
  return led === undefined ? members : [led, ...members];
}

async function living(processes: readonly ProcessIdentity[]): Promise<readonly ProcessIdentity[]> {
  const alive = await Promise.all(processes.map(isAlive));
  return processes.filter((_, i) => alive[i]);
}

/** A process that has ended meanwhile is what was wanted. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
