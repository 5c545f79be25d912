import { NAME } from '../domain/ids.js';
import { MOST_STAGES } from '../domain/plan.js';
import { alternative } from './alternative.js';
import { problemAt, type Source } from './issues.js';
import type { Problem } from './problem.js';
import { shown } from './shown.js';
import type { ReadStage } from './stages.js';
import { nameIn, ownFrom } from './way.js';

/** What is wrong with the environments that a run leads through. `known`: those of the file, `undefined` when they could not be read. */
export function wayProblems(
  stages: readonly ReadStage[],
  known: readonly string[] | undefined,
  source: Source,
): Problem[] {
  const way = stages.find(({ config }) => config.kind === 'deploy');
  if (way?.config.kind !== 'deploy') return tooMany(stages, 0, [], source);
  const { environments = [] } = way.config;
  const at = ['stages', way.i, 'environments'];
  const say = (n: number, message: string, suggestion: string): Problem =>
    problemAt(source, [...at, n], message, suggestion);
  return [
    ...environments.flatMap((name, n) => {
      if (environments.indexOf(name) < n) return [say(n, `${name} is there twice`, 'leaving it out')];
      if (known !== undefined && !known.includes(name))
        return [say(n, `there is no environment ${shown(name)}`, alternative(name, known))];
      const problem = environments.length > 1 ? misplaced(stages, environments, n) : undefined;
      return problem === undefined ? [] : [say(n, ...problem)];
    }),
    ...tooMany(stages, environments.length, [...at], source),
  ];
}

/** What keeps stages from having the names that they would have for the n-th environment: the first of it. */
function misplaced(
  stages: readonly ReadStage[],
  environments: readonly string[],
  n: number,
): [string, string] | undefined {
  const configs = stages.map(({ config }) => config);
  const own = configs.slice(ownFrom(configs));
  const taken = new Set(configs.map(({ name }) => name));
  for (const before of environments.slice(0, n)) for (const { name } of own) taken.add(nameIn(name, before));
  for (const { name } of own) {
    const here = nameIn(name, environments[n] ?? '');
    if (!NAME.test(here))
      return [`stage ${name} would be ${shown(here)} there, which is too long`, 'a shorter name for it'];
    if (taken.has(here))
      return [`stage ${name} would be ${here} there, as another stage is`, 'another name for one of them'];
  }
  return undefined;
}

function tooMany(
  stages: readonly ReadStage[],
  environments: number,
  at: readonly PropertyKey[],
  source: Source,
): Problem[] {
  const from = ownFrom(stages.map(({ config }) => config));
  const all = from + (stages.length - from) * Math.max(environments, 1);
  if (all <= MOST_STAGES) return [];
  const [where, how, less] =
    environments < 2
      ? [['stages'], 'with all variants', 'fewer variants']
      : [at, 'through these environments', 'fewer environments in a row'];
  return [
    problemAt(
      source,
      where,
      `${how} a run has ${String(all)} stages, and ${String(MOST_STAGES)} is the most`,
      less,
    ),
  ];
}
