import { NAME } from '../domain/ids.js';
import { problemAt, type Source } from './issues.js';
import { MOST_VARIANTS, combinations, variantCount, variantName, type Matrix } from './matrix.js';
import { IN_STAGES } from './plain-variables.js';
import type { Problem } from './problem.js';
import { looksSecret, SECRET } from './secrets.js';
import { shown } from './shown.js';
import type { ReadStage } from './stages.js';

/** What is wrong with the variants of a stage. `names`: those of all entries. */
export function matrixProblems(
  { i, config, matrix }: ReadStage,
  names: readonly (string | undefined)[],
  source: Source,
): Problem[] {
  if (matrix === undefined || config.kind !== 'command') return [];
  const at = ['stages', i, 'matrix'];
  const count = variantCount(matrix);
  if (count > MOST_VARIANTS)
    return [
      problemAt(
        source,
        at,
        `these are ${String(count)} variants, and ${String(MOST_VARIANTS)} are the most`,
        'fewer values',
      ),
    ];
  return [
    ...Object.entries(matrix).flatMap(([variable, values]) =>
      variableProblem(variable, values, config.environment, [...at, variable], source),
    ),
    ...nameProblem(config.name, matrix, names, at, source),
  ];
}

function variableProblem(
  variable: string,
  values: readonly string[],
  environment: Readonly<Record<string, string>>,
  at: readonly PropertyKey[],
  source: Source,
): Problem[] {
  if (IN_STAGES.test(variable))
    return [problemAt(source, at, `${variable} is set by shipway`, 'another name')];
  if (Object.hasOwn(environment, variable))
    return [problemAt(source, at, `${variable} is in environment too`, 'leaving one of them out')];
  return values.flatMap((value, n) =>
    looksSecret(variable, value) ? [problemAt(source, [...at, n], ...SECRET)] : [],
  );
}

/** The first variant whose name cannot be. */
function nameProblem(
  stage: string,
  matrix: Matrix,
  names: readonly (string | undefined)[],
  at: readonly PropertyKey[],
  source: Source,
): Problem[] {
  const taken = new Set(names);
  for (const variant of combinations(matrix)) {
    const name = variantName(stage, variant);
    const values = variant.map(([, value]) => value).join(', ');
    if (!NAME.test(name))
      return [
        problemAt(
          source,
          at,
          `with ${values} it would be ${shown(name)}, which is too long`,
          'a shorter name',
        ),
      ];
    if (taken.has(name))
      return [
        problemAt(source, at, `with ${values} it would be ${name}, as another stage is`, 'other values'),
      ];
    taken.add(name);
  }
  return [];
}
