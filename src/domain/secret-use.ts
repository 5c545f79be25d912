import type { Configuration } from './plan.js';
import { secretsIn } from './secrets.js';
import type { DeploymentRow } from './store.js';
import type { TargetState } from './target.js';

/** What runs, or would be started again, with a version of a secret: `storefront in production (live, known good)`. */
export interface SecretUse {
  readonly path: string;
  readonly version: number;
  readonly by: string;
}

/** Of a target: what serves, what it would go back to, and what its open deployments start. */
export function usesOf(
  { service, environment, live, knownGood }: TargetState,
  open: readonly Pick<DeploymentRow, 'plan'>[] = [],
  back?: Pick<DeploymentRow, 'plan'>,
): readonly SecretUse[] {
  const of: readonly (readonly [string, Configuration | undefined])[] = [
    ['live', live?.configuration],
    ['known good', knownGood?.configuration],
    ['to go back to', back?.plan.configuration],
    ...open.map(({ plan }) => ['being deployed', plan.configuration] as const),
  ];
  const found = new Map<string, SecretUse & { readonly as: readonly string[] }>();
  for (const [as, configuration] of of)
    for (const [, { secret: path, version }] of configuration === undefined ? [] : secretsIn(configuration)) {
      if (version === undefined) continue;
      const key = `${path} ${String(version)}`;
      const before = found.get(key)?.as ?? [];
      const roles = before.includes(as) ? before : [...before, as];
      found.set(key, { path, version, as: roles, by: `${service} in ${environment} (${roles.join(', ')})` });
    }
  return [...found.values()].map(({ path, version, by }) => ({ path, version, by }));
}

/** What is asked about a secret, as the statement of who asks names it by its digest. */
export type SecretWish =
  | { readonly wish: 'set_secret'; readonly path: string; readonly sealed: string }
  | {
      readonly wish: 'remove_secret';
      readonly path: string;
      readonly version?: number;
      readonly inUse: boolean;
    };
