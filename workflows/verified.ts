import { answerOf } from '../src/domain/gate.js';
import { outOfTime } from '../src/domain/statement.js';
import type { Verified, VerifyInput } from '../activities/statements.js';
import type { Later } from './later.js';
import { PATIENCE_MS, within } from './patience.js';
import { control, type answeringBeside } from './profiles.js';
import { shielded, unheeding } from './shielded.js';

/**
 * Whether a statement counts. Going back never waits, so one that asks for it, which is said by where the record goes, counts by its
 * form and time when nobody has answered in a second; verification and entry follow, the entry marked late, and what they say then
 * takes nothing back. The caller has looked at the form.
 */
export async function verified(
  input: Omit<VerifyInput, 'actedAt'>,
  later?: Later,
  { verifyStatement }: Pick<typeof answeringBeside, 'verifyStatement'> = control,
): Promise<Verified> {
  const { statement } = input;
  const now = Date.now();
  if (later === undefined || outOfTime(statement, now) !== undefined)
    return shielded(() => verifyStatement(input));
  const first = unheeding();
  const answer = await within(
    PATIENCE_MS,
    first.run(() => verifyStatement(input)),
  );
  if (answer !== undefined) return answer;
  first.cancel();
  later.add(shielded(() => verifyStatement({ ...input, actedAt: now })));
  return { status: 'accepted', answer: answerOf(statement) };
}
