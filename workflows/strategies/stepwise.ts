import { percent } from '../../src/domain/details.js';
import { actsAt, type Act, type Ladder } from '../../src/domain/strategy.js';
import type { Moves } from '../moves.js';
import { beside } from './beside.js';

/**
 * Beside what serves, a growing share of users and what is done at each; the same users stay with the candidate. A person may name the
 * next share: what was still to be done below it is left out. After a smaller one the steps above it come again. The bake watches the last
 * step.
 */
export async function stepwise(moves: Moves, name: string, ladder: Ladder): Promise<void> {
  await beside(moves);
  const shares = ladder.rungs.map((rung) => rung.share);
  for (const act of ladder.first) await carryOut(moves, act, name);
  for (let before = 0; ;) {
    const share = await moves.advance(shares);
    if (share === undefined) return;
    for (const act of actsAt(ladder, share, before)) {
      if (moves.isLowered()) break;
      await carryOut(moves, act, `${name} ${percent(share)}`);
      if (moves.isWanted()) break;
    }
    before = share;
  }
}

function carryOut(moves: Moves, act: Act, phase: string): Promise<void> {
  switch (act.kind) {
    case 'watch':
      return moves.watch(phase, act.ms);
    case 'ask':
      return moves.ask(act.question);
    case 'smoke':
      return moves.smoke();
  }
}
