import { HALTED } from './process-boot.js';
import { readInstances, slotDir, writeInstance } from './process-files.js';
import { exclusive } from './process-lock.js';
import { settled } from './process-start.js';
import { stopInstance } from './process-stop.js';
import { notedSlots } from './process.js';

/**
 * Stops every instance below `stateDir` as the end of its host does: what lived is lost and not gone, and its slot is still wanted. That
 * is noted before it is stopped, so that one who is killed meanwhile leaves nothing that looks like a crash.
 */
export async function haltInstances(stateDir: string, signal: AbortSignal): Promise<void> {
  const slots = await notedSlots(stateDir);
  await Promise.all(slots.map(({ target, slot }) => haltSlot(slotDir(stateDir, target, slot), signal)));
}

async function haltSlot(directory: string, signal: AbortSignal): Promise<void> {
  await exclusive(directory, signal, async () => {
    const notes = await readInstances(directory);
    await Promise.all(
      notes.map(async (note) => {
        const process = await settled(directory, note);
        if (process !== undefined) await writeInstance(directory, { ...note, process, boot: HALTED });
        await stopInstance(directory, note, signal);
      }),
    );
  });
}
