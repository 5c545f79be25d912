import { NAME } from '../domain/ids.js';
import type { HookProvider, Repository } from '../domain/trigger.js';
import { alternative } from './alternative.js';
import { misnamed } from './fields.js';
import { problemAt, wasRead, type Source } from './issues.js';
import type { Problem } from './problem.js';
import type { RepositoryInput } from './repository-schema.js';

type Inputs = Readonly<Record<string, RepositoryInput>>;

/** What a schema cannot say of the repositories of a policy. */
export function repositoryRules(inputs: Inputs, environments: readonly string[], source: Source): Problem[] {
  const found: Problem[] = [];
  for (const [service, input] of Object.entries(inputs)) {
    const path = ['repositories', service];
    if (!NAME.test(service)) found.push(problemAt(source, path, ...misnamed(service), 'key'));
    for (const key of ['provider', 'project'] as const)
      if (needsProvider(input) && input[key] === undefined && wasRead(source, [...path, key]))
        found.push(
          problemAt(
            source,
            path,
            `${key} is missing, and hooks and statuses need it`,
            key === 'provider' ? 'provider: github' : 'project: acme/storefront',
            'key',
          ),
        );
    found.push(...unheeding(input, path, source));
    for (const [keys, environment] of environmentsNamed(input))
      if (!environments.includes(environment))
        found.push(
          problemAt(
            source,
            [...path, ...keys],
            `the policy has no environment ${environment}`,
            alternative(environment, environments),
          ),
        );
    if (input.credential !== undefined && !input.url.startsWith('https:'))
      found.push(
        problemAt(
          source,
          [...path, 'credential'],
          'only what is fetched over https has a credential here',
          'leaving it out; ssh has keys of its own',
        ),
      );
  }
  return found;
}

const needsProvider = ({ hook, status }: RepositoryInput): boolean => (hook ?? status) !== undefined;

/** A hook that heeds nothing. */
function unheeding({ hook }: RepositoryInput, path: Path, source: Source): Problem[] {
  if (hook === undefined || (hook.branches ?? hook.tags) !== undefined) return [];
  const at = [...path, 'hook'];
  return wasRead(source, [...at, 'branches']) && wasRead(source, [...at, 'tags'])
    ? [
        problemAt(
          source,
          at,
          'it names neither branches nor tags, so no push starts anything',
          'branches: [main], or tags: [v*]',
          'key',
        ),
      ]
    : [];
}

const environmentsNamed = ({ hook, schedule }: RepositoryInput): readonly (readonly [Path, string])[] => [
  ...(hook?.environment === undefined ? [] : [[['hook', 'environment'], hook.environment] as const]),
  ...(schedule?.environments ?? []).map((one, i) => [['schedule', 'environments', i], one] as const),
];
type Path = readonly (string | number)[];

const PUBLIC: Readonly<Record<HookProvider, string>> = {
  github: 'https://api.github.com',
  gitlab: 'https://gitlab.com/api/v4',
};

export function repositoryOfInput({ url, file, credential, ...input }: RepositoryInput): Repository {
  const { provider, project, hook, schedule, status } = input;
  return {
    url,
    file: file ?? 'shipway.yaml',
    ...(credential === undefined ? {} : { credential }),
    ...(provider === undefined ? {} : { provider }),
    ...(project === undefined ? {} : { project }),
    ...(hook === undefined ? {} : { hook: hookOf(hook) }),
    ...(schedule === undefined ? {} : { schedule: scheduleOf(schedule) }),
    ...(status === undefined || provider === undefined
      ? {}
      : { status: { token: status.token, api: (status.api_url ?? PUBLIC[provider]).replace(/\/+$/, '') } }),
  };
}

const hookOf = ({
  secret,
  branches = [],
  tags,
  environment,
}: NonNullable<RepositoryInput['hook']>): NonNullable<Repository['hook']> => ({
  secret,
  branches,
  ...(tags === undefined ? {} : { tags }),
  ...(environment === undefined ? {} : { environment }),
});

const scheduleOf = ({
  branches,
  environments,
}: NonNullable<RepositoryInput['schedule']>): NonNullable<Repository['schedule']> => ({
  branches,
  ...(environments === undefined ? {} : { environments }),
});
