import { FULL, type DeploymentPlan, type Share } from '../domain/plan.js';
import type { DeployInput } from './deploy-schema.js';
import type { Ask } from './deployment-rules.js';
import type { Problem } from './problem.js';

type Counted = NonNullable<DeployInput['canary']>;
type Ladder = Extract<DeploymentPlan['strategy'], { kind: 'canary' }>;

const FIRST: Share = 500;
const STEPS: readonly Share[] = [FIRST, 2_500, 5_000, FULL];
const STEP_MS = 5 * 60_000;

/** Shares that are listed, or counted up by a step to a maximum, and each for how long. */
export const ladderOf = (of: Counted = {}): Pick<Ladder, 'steps' | 'stepDurationMs'> => ({
  steps: of.steps ?? (isCounted(of) ? countedUp(of) : STEPS),
  stepDurationMs: of.step_duration ?? STEP_MS,
});

const isCounted = ({ step, maximum }: Counted): boolean => step !== undefined || maximum !== undefined;

/** After the maximum come all. */
function countedUp({ step = FIRST, maximum = FULL }: Counted): readonly Share[] {
  const shares = Array.from({ length: Math.ceil(maximum / step) }, (_, i) =>
    Math.min((i + 1) * step, maximum),
  );
  return maximum === FULL ? shares : [...shares, FULL];
}

type Mapping = Readonly<Record<string, unknown>>;
/** What is said for all, without what an environment says for itself in the other of the two ways. */
export function overLadder(base: Mapping, own: Mapping): Mapping {
  if ('step' in own || 'maximum' in own) return without(base, ['steps']);
  return 'steps' in own ? without(base, ['step', 'maximum']) : base;
}
const without = (of: Mapping, keys: readonly string[]): Mapping =>
  Object.fromEntries(Object.entries(of).filter(([key]) => !keys.includes(key)));

/** What of a step and a maximum cannot be counted up. */
export function countedProblems(
  { strategy: { kind } }: DeploymentPlan,
  input: DeployInput,
  { read, say }: Ask,
): Problem[] {
  if (kind !== 'canary' && kind !== 'feature_flag') return [];
  const { steps, step, maximum } = input[kind] ?? {};
  const keys = [kind, step === undefined ? 'maximum' : 'step'];
  const wereRead = ['steps', 'step', 'maximum'].every((key) => read([kind, key]));
  if ((step === undefined && maximum === undefined) || !wereRead) return [];
  if (steps !== undefined)
    return [
      say(keys, 'steps says each share already', 'one of the two: a list of steps, or step and maximum'),
    ];
  const by = step ?? FIRST;
  return maximum === undefined || by <= maximum
    ? []
    : [
        say(
          [kind, 'maximum'],
          `it is less than ${step === undefined ? 'a step, which is 5% where none is said' : 'one step'}`,
          `at least ${String(by / 100)}%`,
        ),
      ];
}
