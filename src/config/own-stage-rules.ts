import { alternative } from './alternative.js';
import { problemAt, type Source } from './issues.js';
import type { Problem } from './problem.js';
import { looksSecret, SECRET } from './secrets.js';
import { shown } from './shown.js';
import type { ReadStage } from './stages.js';

/** Whether the kinds are there that stages use, and nothing that they are given looks like a secret. `kinds`: as a stage names them. */
export function ownStageProblems(
  stages: readonly ReadStage[],
  kinds: readonly string[] | undefined,
  source: Source,
): Problem[] {
  return stages.flatMap(({ i, config }) => {
    if (config.kind !== 'own') return [];
    const { uses } = config;
    const unknown =
      // Of names that could not be read nothing is said.
      kinds === undefined || kinds.includes(uses)
        ? []
        : [
            problemAt(
              source,
              ['stages', i, 'uses'],
              `adapters has no stage kind ${shown(uses.replace('own:', ''))}`,
              kinds.length === 0 ? 'naming it there, in stages' : alternative(uses, kinds),
            ),
          ];
    const secrets = textsIn(config.with).flatMap(([keys, text]) =>
      looksSecret(String(keys.at(-1)), text)
        ? [problemAt(source, ['stages', i, 'with', ...keys], ...SECRET)]
        : [],
    );
    return [...unknown, ...secrets];
  });
}

type Path = readonly PropertyKey[];

/** Every text in plain data, and where it stands. */
export function textsIn(value: unknown, path: Path = []): readonly (readonly [Path, string])[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, part]) => textsIn(part, [...path, key]));
}
