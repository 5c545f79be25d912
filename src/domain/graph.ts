import type { Plan, StagePlan } from './plan.js';

type Node = Pick<StagePlan, 'name' | 'needs'>;

/** The form of a plan whose stages wait for what they need; in earlier ones each waits for the one before. */
export const GRAPH = 3 as const;

/** What each stage of a plan waits for. */
export const needsOf = ({ schema, stages }: Pick<Plan, 'schema' | 'stages'>): readonly Node[] =>
  schema >= GRAPH
    ? stages
    : stages.map(({ name }, i) => ({ name, needs: stages.slice(Math.max(0, i - 1), i).map((s) => s.name) }));

/** The stages that each one waits for, itself or through others. A stage needs only earlier ones. */
export function waitsFor(stages: readonly Node[]): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, ReadonlySet<string>>();
  for (const { name, needs } of stages)
    all.set(name, new Set(needs.flatMap((need) => [need, ...(all.get(need) ?? [])])));
  return all;
}

/** A stage before the deployment that leaves artifacts which this one is not given: it looks at less than is deployed. What it leaves itself it sees. */
export function unseenBy(plan: Pick<Plan, 'schema' | 'stages'>, name: string): string | undefined {
  const before = waitsFor(needsOf(plan)).get(name);
  const others = plan.stages.filter((stage) => leaves(stage) && stage.name !== name);
  return others.find((maker) => before?.has(maker.name) !== true)?.name;
}

/** Whether a stage leaves artifacts, which are a part of what is deployed. */
export const leaves = (stage: StagePlan): boolean =>
  'artifacts' in stage && stage.artifacts.length > 0 && stage.skipped === undefined;

/** Whether each stage waits for the one before it, itself or through others: none runs beside another. */
export function inARow(stages: readonly Node[]): boolean {
  const before = waitsFor(stages);
  return stages.every(({ name }, i) => {
    const last = stages[i - 1];
    return last === undefined || before.get(name)?.has(last.name) === true;
  });
}

/** How the stages of a plan follow each other. */
export interface Order {
  /** The stages that each one waits for, itself or through others. */
  readonly before: ReadonlyMap<string, ReadonlySet<string>>;
  /** Some stages run beside others. */
  readonly sideBySide: boolean;
}
export function orderOf(plan: Pick<Plan, 'schema' | 'stages'>): Order {
  const nodes = needsOf(plan);
  return { before: waitsFor(nodes), sideBySide: !inARow(nodes) };
}
