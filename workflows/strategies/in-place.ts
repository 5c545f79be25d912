import { FULL } from '../../src/domain/plan.js';
import type { Moves } from '../moves.js';
import { beside } from './beside.js';

/** What serves makes room, and nothing serves until the candidate has been smoke tested: the two never run at the same time. */
export async function inPlace(moves: Moves): Promise<void> {
  await moves.vacate();
  await beside(moves);
  await moves.shift(FULL);
}
