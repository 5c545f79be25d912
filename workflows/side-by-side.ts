import { needsOf } from '../src/domain/graph.js';
import type { Plan, StagePlan } from '../src/domain/plan.js';

/**
 * Takes each stage of a plan as soon as all that it waits for have let it go on, in a row or side by side as the plan says. One that
 * fails stops what waits for it and nothing else: when all others have ended too, what the first failed with is thrown.
 */
export async function sideBySide(
  plan: Plan,
  take: (stage: StagePlan) => Promise<void>,
  failed: (stage: StagePlan, error: unknown) => void,
  left: (stage: StagePlan, needs: string) => void,
): Promise<void> {
  const ends = new Map<string, Promise<boolean>>();
  const errors: unknown[] = [];
  const one = async (stage: StagePlan, needs: readonly string[]): Promise<boolean> => {
    for (const need of needs)
      if ((await ends.get(need)) !== true) {
        left(stage, need);
        return false;
      }
    try {
      await take(stage);
      return true;
    } catch (error) {
      errors.push(error);
      failed(stage, error);
      return false;
    }
  };
  needsOf(plan).forEach(({ name, needs }, i) => {
    const stage = plan.stages[i];
    if (stage !== undefined) ends.set(name, one(stage, needs));
  });
  await Promise.all(ends.values());
  if (errors.length > 0) throw errors[0];
}
