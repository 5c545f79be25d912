import type { Moves } from '../moves.js';

/** The candidate runs beside what serves, and has been asked before any user is sent to it. */
export async function beside(moves: Moves): Promise<void> {
  await moves.provision();
  await moves.smoke();
}
