import type { DeploymentInput } from '../../src/domain/inputs.js';
import type { Moves } from '../moves.js';

/** After a deployment that ended without an outcome: observe, and put all traffic back to what the target knows as good. */
export async function recover(_input: DeploymentInput, moves: Moves): Promise<void> {
  await moves.restore();
}
