import { waitsFor } from '../domain/graph.js';
import { alternative } from './alternative.js';
import { problemAt, type Source } from './issues.js';
import type { Problem } from './problem.js';
import { shown } from './shown.js';
import type { ReadStage } from './stages.js';

/** A stage needs earlier ones: so there can be no cycle. */
export function needProblems(
  stage: ReadStage,
  stages: readonly ReadStage[],
  names: readonly (string | undefined)[],
  source: Source,
): Problem[] {
  const { i, config } = stage;
  return (stage.needs ?? []).flatMap((need, n) => {
    const at = names.indexOf(need);
    if (at >= 0 && at < i) return [];
    const earlier = names.slice(0, i).filter((name) => name !== undefined);
    const cycle = cycleOf(config.name, need, stages);
    const [message, suggestion] =
      need === config.name
        ? [`${need} needs itself`, 'leaving it out']
        : at < 0
          ? [`there is no stage ${shown(need)}`, alternative(need, earlier)]
          : cycle !== undefined
            ? [`these wait for each other: ${cycle.join(' → ')}`, 'leaving one of these needs out']
            : [`${need} comes later`, 'putting it before this one'];
    return [problemAt(source, ['stages', i, 'needs', n], message, suggestion)];
  });
}

/** The way from a stage by what is said to be needed back to itself. */
function cycleOf(name: string, need: string, stages: readonly ReadStage[]): readonly string[] | undefined {
  const seen = new Set<string>();
  const way = (at: string): readonly string[] | undefined => {
    if (at === name) return [at];
    if (seen.has(at)) return undefined;
    seen.add(at);
    for (const next of stages.find(({ config }) => config.name === at)?.needs ?? []) {
      const rest = way(next);
      if (rest !== undefined) return [at, ...rest];
    }
    return undefined;
  };
  const rest = way(need);
  return rest === undefined ? undefined : [name, ...rest];
}

/**
 * What is deployed has passed all that comes before it, and is complete when it is approved: a stage that nothing waits for would fail,
 * or find, or make something, when it is too late.
 */
export function unawaited(stages: readonly ReadStage[], deploy: number, source: Source): Problem[] {
  const approve = stages.slice(0, deploy).find(({ config }) => config.kind === 'approve')?.config.name;
  const nodes = entries(stages, approve);
  const last = nodes[deploy]?.name ?? '';
  const waits = waitsFor(nodes);
  return stages.slice(0, deploy).flatMap((stage, n) => {
    const { name } = stage.config;
    const say = (message: string, suggestion: string): Problem[] => [
      problemAt(source, ['stages', stage.i], message, suggestion),
    ];
    if (waits.get(last)?.has(name) !== true)
      return counts(stage)
        ? say(
            `${last} does not wait for ${name}, and would not know whether it passed`,
            `${name} in the needs of ${approve ?? last}`,
          )
        : [];
    const late = approve !== undefined && n < at(nodes, approve) && waits.get(approve)?.has(name) !== true;
    return late && counts(stage)
      ? say(
          adds(stage)
            ? `${approve} does not wait for ${name}, and what it ${doing(stage)} is part of what is approved`
            : `${approve} does not wait for ${name}, and who approves would not know whether it passed`,
          `${name} in the needs of ${approve}`,
        )
      : [];
  });
}

const at = (nodes: readonly { readonly name: string }[], name: string): number =>
  nodes.findIndex((node) => node.name === name);

/** What is measured is what is deployed: all that is made for it. */
export function unmeasured(stages: readonly ReadStage[], deploy: number, source: Source): Problem[] {
  const waits = waitsFor(entries(stages, undefined));
  const last = waits.get(stages[deploy]?.config.name ?? '');
  return stages.slice(0, deploy).flatMap(({ i, config: { name, kind } }, n) => {
    const unseen =
      kind === 'performance_test'
        ? stages
            .slice(0, n)
            .filter((s) => makes(s) && last?.has(s.config.name) === true)
            .find((s) => waits.get(name)?.has(s.config.name) !== true)
        : undefined;
    return unseen === undefined
      ? []
      : [
          problemAt(
            source,
            ['stages', i],
            `${name} does not wait for ${unseen.config.name}, and what that makes is part of what is deployed`,
            `${unseen.config.name} in the needs of ${name}`,
          ),
        ];
  });
}

/** What each entry waits for: without `needs`, the one before; and the deployment for the gate, wherever that is asked. */
const entries = (stages: readonly ReadStage[], approve: string | undefined) =>
  stages.map(({ config: { name, kind }, needs }, n) => {
    const before = stages[n - 1]?.config.name;
    const own = needs ?? (before === undefined ? [] : [before]);
    return { name, needs: kind === 'deploy' && approve !== undefined ? [...own, approve] : own };
  });

/** Whether it may keep the deployment from happening, or adds to it. */
const counts = (stage: ReadStage): boolean =>
  adds(stage) || !('allowFailure' in stage.config && stage.config.allowFailure);

export const makes = ({ config }: ReadStage): boolean => 'artifacts' in config && config.artifacts.length > 0;
/** Whether a stage changes what is approved and deployed. */
export const adds = (stage: ReadStage): boolean =>
  makes(stage) ||
  stage.config.kind === 'scan' ||
  stage.config.kind === 'performance_test' ||
  (stage.config.kind === 'command' && stage.config.reports !== undefined) ||
  (stage.config.kind === 'own' && stage.config.evidence);

/** What such a stage does. */
export const doing = (stage: ReadStage | undefined): string =>
  stage === undefined || makes(stage) ? 'makes' : (DOING[stage.config.kind] ?? 'reports');
const DOING: Readonly<Record<string, string>> = { scan: 'finds', performance_test: 'measures', own: 'finds' };
