import { alternative } from './alternative.js';
import { problemAt, type Source } from './issues.js';
import type { Problem } from './problem.js';
import { SECRET, secretsIn } from './secrets.js';
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
    const secrets = secretsIn(config.with).map((keys) =>
      problemAt(source, ['stages', i, 'with', ...keys], ...SECRET),
    );
    return [...unknown, ...secrets];
  });
}
