import { FULL } from '../../src/domain/plan.js';
import type { Moves } from '../moves.js';
import { beside } from './beside.js';

/** All users at once to the slot that has been smoke tested. The bake watches, the old slot stays for the way back. */
export async function blueGreen(moves: Moves): Promise<void> {
  await beside(moves);
  await moves.shift(FULL);
}
