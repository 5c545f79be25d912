import { adds, doing, makes, needProblems, unawaited, unmeasured } from './graph-rules.js';
import { problemAt, wasRead, type Source } from './issues.js';
import { performanceProblems } from './performance-rules.js';
import { matrixProblems } from './matrix-rules.js';
import { IN_STAGES, plainProblems, type Say } from './plain-variables.js';
import type { Problem } from './problem.js';
import { looksSecret, SECRET } from './secrets.js';
import type { ReadStage } from './stages.js';
import { wayOf } from './way.js';

/** What no schema can say of the stages together. `names` are those of all entries, also of the ones that could not be read. */
export function stageProblems(
  stages: readonly ReadStage[],
  names: readonly (string | undefined)[],
  source: Source,
): Problem[] {
  const needs = stages.flatMap((stage) => needProblems(stage, stages, names, source));
  const own = stages.flatMap((stage) => [
    ...named(stage, names, source),
    ...matrixProblems(stage, names, source),
    ...secrets(stage, source),
  ]);
  // The order of half the stages says nothing about the order of all, and neither do needs that lead nowhere.
  const whole = stages.length === names.length;
  return [
    ...needs,
    ...own,
    ...performanceProblems(stages, source),
    ...(whole ? order(stages, source, needs.length === 0) : []),
  ];
}

function named({ i, config }: ReadStage, names: readonly (string | undefined)[], source: Source): Problem[] {
  const { name, kind } = config;
  const own = ['stages', i, 'name'];
  const place = source.document.places.has(own) ? own : ['stages', i];
  const first = names.indexOf(name);
  if (first < i)
    return [
      problemAt(
        source,
        place,
        `there is another stage ${name}`,
        kind === 'approve' || kind === 'deploy' ? 'leaving one out' : 'another name',
      ),
    ];
  if (kind !== 'approve' && kind !== 'deploy' && (name === 'approve' || name === 'deploy'))
    return [
      problemAt(
        source,
        place,
        `${name} is the name of the ${name === 'approve' ? 'gate' : 'deployment'}, which does nothing else`,
        'another name',
      ),
    ];
  return [];
}

function secrets({ i, config }: ReadStage, source: Source): Problem[] {
  if (config.kind !== 'command') return [];
  const say: Say = (keys, ...said) => problemAt(source, ['stages', i, ...keys], ...said);
  const variables = plainProblems(config.environment, IN_STAGES, say);
  const lines = config.script.flatMap((line, n) =>
    looksSecret('', line) ? [say(['script', n], ...SECRET)] : [],
  );
  return [...variables, ...lines];
}

function order(stages: readonly ReadStage[], source: Source, connected: boolean): Problem[] {
  const deploy = stages.findIndex((s) => s.config.kind === 'deploy');
  if (deploy < 0) return [];
  return [
    ...releaseProblems(stages, deploy, source),
    ...(connected ? [...unawaited(stages, deploy, source), ...unmeasured(stages, deploy, source)] : []),
    ...afterLive(stages, deploy, source),
  ];
}

/** What comes after the deployment can't take it back, and where no environment comes next it keeps nothing from happening. */
function afterLive(stages: readonly ReadStage[], deploy: number, source: Source): Problem[] {
  if (wayOf(stages.map(({ config }) => config)).length > 1) return [];
  return stages
    .slice(deploy + 1)
    .flatMap((stage) =>
      (stage.config.kind === 'command' || stage.config.kind === 'own') &&
      !makes(stage) &&
      !stage.config.allowFailure &&
      wasRead(source, ['stages', stage.i, 'allow_failure'])
        ? [
            problemAt(
              source,
              ['stages', stage.i],
              `${stage.config.name} comes after the deployment, so the version is live whether it passes or not`,
              'allow_failure: true, or putting it before',
            ),
          ]
        : [],
    );
}

/** What is approved and deployed is complete when it is. */
function releaseProblems(stages: readonly ReadStage[], deploy: number, source: Source): Problem[] {
  const approve = stages.findIndex((s) => s.config.kind === 'approve');
  const say = (i: number, message: string, suggestion: string): Problem[] => [
    problemAt(source, ['stages', i], message, suggestion),
  ];
  if (approve > deploy) return say(approve, 'the approval comes after the deployment', 'putting it before');
  const late = stages.findIndex((s, i) => i > (approve < 0 ? deploy : approve) && adds(s));
  if (late >= 0)
    return say(
      late,
      `what it ${doing(stages[late])} comes after ${approve < 0 ? 'the deployment' : 'the approval'}, too late to be part of the release`,
      'putting it before',
    );
  return stages.slice(0, deploy).some((s) => makes(s) || !wasRead(source, ['stages', s.i]))
    ? []
    : say(
        deploy,
        'no stage before the deployment leaves artifacts, so there is nothing to deploy',
        'artifacts: [dist/] on the stage that builds',
      );
}
