import { closest, distance } from 'fastest-levenshtein';

/** The known name that is nearest, if it is near; else all of them. */
export function alternative(given: string, all: readonly string[]): string {
  const known = all.filter((name) => name !== '');
  const near = nearest(given, known);
  if (near !== undefined) return near;
  if (known.length === 0) return 'leaving it out';
  return known.length === 1 ? (known[0] ?? '') : `one of ${known.join(', ')}`;
}

/** The known name that is nearest, if it is near. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const near = closest(given, [...known]);
  return distance(given, near) <= Math.max(2, Math.floor(given.length / 3)) ? near : undefined;
}

/** The key that somebody meant who wrote `given`, perhaps as other tools write or name it; `undefined` when that is not clear. */
export function meantKey(given: string, known: readonly string[]): string | undefined {
  const snake = given
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/[-.\s]+/g, '_')
    .toLowerCase();
  const named = OTHER_NAMES.filter(([names]) => names.split(' ').includes(snake)).map(([, key]) => key);
  return [snake, ...named].find((key) => known.includes(key)) ?? nearest(snake, known);
}

/** How other tools call what has a key here. */
const OTHER_NAMES: readonly (readonly [string, string])[] = [
  ['run runs command commands cmd steps', 'script'],
  ['run start cmd entrypoint exec args', 'command'],
  ['env envs env_vars variables vars', 'environment'],
  ['depends_on after requires dependencies', 'needs'],
  ['branch branches refs on if when rules', 'only'],
  ['continue_on_error ignore_errors', 'allow_failure'],
  ['timeout_minutes timeout_in_minutes max_time deadline', 'timeout'],
  ['retries attempts', 'retry'],
  ['outputs output files', 'artifacts'],
  ['instances count scale replica_count', 'replicas'],
  ['port', 'listen'],
  ['health healthcheck probes', 'health_checks'],
  ['delay initial_delay_seconds start_period', 'initial_delay'],
  ['interval period_seconds', 'period'],
  ['url uri endpoint', 'path'],
  ['status status_code', 'expect_status'],
  ['limit max value', 'threshold'],
  ['over within', 'window'],
  ['weights shares percentages', 'steps'],
  ['rollback rollback_on alerts', 'triggers'],
  ['job title id stage', 'name'],
  ['project app application', 'service'],
  ['jobs pipeline steps', 'stages'],
  ['env envs targets', 'environments'],
  ['deployment', 'deploy'],
  ['approvers approvals_required min_approvals reviewers', 'required_approvals'],
  ['timeout expires expiry', 'expires_after'],
];
