import { together } from '../../together.js';
import { HALTED } from './process-boot.js';
import { notedSlots, readInstances, slotDir, writeInstance } from './process-files.js';
import { exclusive } from '../../exclusive.js';
import { settled } from './process-start.js';
import { stopInstance } from './process-stop.js';

/**
 * Stops every instance below `stateDir` as the end of its host does: what lived is lost and not gone, and its slot is still wanted. That
 * is noted before it is stopped, so that one who is killed meanwhile leaves nothing that looks like a crash.
 */
export async function haltInstances(stateDir: string, signal: AbortSignal): Promise<void> {
  const slots = await notedSlots(stateDir);
  await together(slots.map(({ target, slot }) => haltSlot(slotDir(stateDir, target, slot), signal)));
}

async function haltSlot(directory: string, signal: AbortSignal): Promise<void> {
  await exclusive(directory, signal, async () => {
    const notes = await readInstances(directory);
    await together(
      notes.map(async (note) => {
        const process = await settled(directory, note);
        const halted = process === undefined ? note : { ...note, process, boot: HALTED };
        if (halted !== note) await writeInstance(directory, halted);
        await stopInstance(directory, halted, signal);
      }),
    );
  });
}
