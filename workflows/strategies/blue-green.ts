import { FULL } from '../../src/domain/plan.js';
import type { Moves } from '../moves.js';

/** The idle slot has been smoke tested: switch all users at once. The bake watches, the old slot stays for the way back. */
export async function blueGreen(moves: Moves): Promise<void> {
  await moves.shift(FULL);
}
