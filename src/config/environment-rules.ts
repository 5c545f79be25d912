import { NAME } from '../domain/ids.js';
import type { DeploymentPlan } from '../domain/plan.js';
import { nearest } from './alternative.js';
import { problemAt, wasRead, type Source } from './issues.js';
import type { Problem } from './problem.js';

/** The environments of a file, each with its plan where it has one, and those that the policy beside it names, where that is known. */
export interface Environments {
  readonly names: readonly string[];
  readonly plans: Readonly<Record<string, DeploymentPlan>>;
  readonly allowed: readonly string[] | undefined;
}

/** What no schema can say of the environments together. */
export const environmentProblems = (environments: Environments, source: Source): Problem[] => [
  ...idleCanary(environments, source),
  ...notAllowed(environments, source),
];

/** What `deploy` says of a canary is for the environments that have one. */
function idleCanary({ names, plans }: Environments, source: Source): Problem[] {
  const canary = ['deploy', 'canary'];
  if (names.length === 0 || !source.document.places.has(canary)) return [];
  const known = names.every((name) => wasRead(source, ['environments', name, 'strategy']));
  if (!known || !wasRead(source, ['deploy', 'strategy'])) return [];
  return names.every((name) => plans[name]?.strategy.kind === 'blue_green')
    ? [
        problemAt(
          source,
          canary,
          'no environment has the strategy canary',
          'strategy: canary, or leaving it out',
          'key',
        ),
      ]
    : [];
}

function notAllowed({ names, allowed }: Environments, source: Source): Problem[] {
  if (allowed === undefined) return [];
  const unknown = names.filter((name) => NAME.test(name) && !allowed.includes(name));
  return unknown.map((name) => {
    const near = nearest(name, allowed);
    const adding = `adding ${name}: { identity: asserted } to the environments there`;
    return problemAt(
      source,
      ['environments', name],
      'shipway.policy.yaml does not name it, so nothing may be deployed there',
      near === undefined ? adding : `${near}, or ${adding}`,
      'key',
    );
  });
}
