import {
  REQUIRABLE,
  type ApprovalPolicy,
  type EnvironmentPolicy,
  type Policy,
  type RequiredEvidence,
} from '../domain/policy.js';
import { OWN } from '../domain/adapters.js';
import { DEFAULT_RETENTION, type Retention } from '../domain/retention.js';
import { NAME } from '../domain/ids.js';
import { COMING_IN_POLICY } from './coming.js';
import { readDocument, type ParsedDocument } from './document.js';
import { parseAt, problemAt, sourceOf, wasRead, type Source } from './issues.js';
import { misnamed } from './fields.js';
import { notificationRules, notificationsOf, notifyOf } from './notifications.js';
import { inOrder, type Loaded, type Problem } from './problem.js';
import { policySchema, type PolicyInput } from './policy-schema.js';
import { repositoryOfInput, repositoryRules } from './repositories.js';

const DAY_MS = 86_400_000;

/** Reads and checks `shipway.policy.yaml`. Fails with `UsageError` only when it cannot be read at all. */
export const loadPolicy = async (file: string): Promise<Loaded<Policy>> =>
  policyIn(file, await readDocument(file));

/** The policy in a file that has been read. */
export function policyIn(file: string, { document, problems: found }: ParsedDocument): Loaded<Policy> {
  if (document === undefined) return { ok: false, problems: found };
  const problems = [...found];
  const source = sourceOf(file, document, COMING_IN_POLICY);
  const input = parseAt(policySchema, document.value, [], source, problems);
  if (input !== undefined) problems.push(...rules(input, source));
  return input === undefined || problems.length > 0
    ? { ok: false, problems: inOrder(problems) }
    : { ok: true, value: policyOf(input) };
}

function rules({ environments, repositories = {}, notifications }: PolicyInput, source: Source): Problem[] {
  const problems = [
    ...repositoryRules(repositories, Object.keys(environments), source),
    ...notificationRules(notifications, environments, source),
  ];
  const ofEnvironments = Object.entries(environments).flatMap(([name, rules]) => {
    const path = ['environments', name];
    const found: Problem[] = [];
    if (!NAME.test(name)) found.push(problemAt(source, path, ...misnamed(name), 'key'));
    if (rules.identity === undefined && wasRead(source, [...path, 'identity']))
      found.push(
        problemAt(
          source,
          path,
          'identity is signed when it is not there, and signed statements are not available yet',
          'identity: asserted',
          'key',
        ),
      );
    if (rules.identity === 'signed')
      found.push(
        problemAt(
          source,
          [...path, 'identity'],
          'signed statements are not available yet',
          'identity: asserted',
        ),
      );
    return found;
  });
  problems.push(...ofEnvironments);
  if (Object.keys(environments).length === 0 && wasRead(source, ['environments']))
    problems.push(
      problemAt(source, ['environments'], 'there is no environment', 'production: { identity: asserted }'),
    );
  return problems;
}

/** Nothing of it where nothing is required: such a policy has the hash that it always had. */
function requiring(approvals: Approvals): Pick<ApprovalPolicy, 'requires'> {
  const builtIn = (Object.keys(REQUIRABLE) as (keyof typeof REQUIRABLE)[]).filter(
    (key) => approvals?.[key] === 'required',
  );
  const own = Object.keys(approvals?.own_stages ?? {}).map((kind) => `${OWN}${kind}` as const);
  const requires: RequiredEvidence[] = [...builtIn, ...own.sort()];
  return requires.length === 0 ? {} : { requires };
}
type Approvals = PolicyInput['environments'][string]['approvals'];

const policyOf = ({ environments, retention, repositories, notifications }: PolicyInput): Policy => ({
  ...notificationsOf(notifications),
  ...(retention === undefined ? {} : { retention: retentionOf(retention) }),
  environments: Object.fromEntries(
    Object.entries(environments).map(([name, { approvals, notify, ...places }]) => [
      name,
      {
        ...placesOf(places),
        identity: 'asserted' as const,
        approvals: {
          requiredApprovals: approvals?.required_approvals ?? 0,
          expiresAfterMs: approvals?.expires_after ?? DAY_MS,
          selfApproval: approvals?.self_approval ?? false,
          onBaseChanged: approvals?.on_base_changed ?? 'ask_again',
          ...requiring(approvals),
        },
        ...notifyOf(notify),
      },
    ]),
  ),
  ...(repositories === undefined
    ? {}
    : {
        repositories: Object.fromEntries(
          Object.entries(repositories).map(([service, input]) => [service, repositoryOfInput(input)]),
        ),
      }),
});

/** Nothing of it where there is none: such a policy has the hash that it always had. */
const placesOf = ({
  haproxy,
  nginx,
  prometheus,
  gone_routers: gone,
}: Omit<PolicyInput['environments'][string], 'approvals'>): Pick<
  EnvironmentPolicy,
  'haproxy' | 'nginx' | 'prometheus' | 'goneRouters'
> => ({
  ...(gone === undefined ? {} : { goneRouters: gone }),
  ...(haproxy === undefined ? {} : { haproxy }),
  ...(nginx === undefined ? {} : { nginx: { ...nginx, command: nginx.command ?? ['nginx'] } }),
  ...(prometheus === undefined
    ? {}
    : {
        prometheus: {
          url: prometheus.url,
          ...(prometheus.credential === undefined ? {} : { credential: prometheus.credential }),
          staleAfterMs: prometheus.stale_after ?? STALE_AFTER_MS,
        },
      }),
});
const STALE_AFTER_MS = 2 * 60_000;

const retentionOf = (given: NonNullable<PolicyInput['retention']>): Retention => ({
  logsMs: given.logs ?? DEFAULT_RETENTION.logsMs,
  samplesMs: given.samples ?? DEFAULT_RETENTION.samplesMs,
  artifactsMs: given.artifacts ?? DEFAULT_RETENTION.artifactsMs,
  releasesMs: given.releases ?? DEFAULT_RETENTION.releasesMs,
  workspacesMs: given.workspaces ?? DEFAULT_RETENTION.workspacesMs,
  cachesMs: given.caches ?? DEFAULT_RETENTION.cachesMs,
});
