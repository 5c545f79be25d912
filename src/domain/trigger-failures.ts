import { row, type FailureRow } from './failure-row.js';

/** What keeps a push or a schedule from starting a run, and its status from being shown. */
export const TRIGGER_FAILURES = {
  'repository.unknown': row(
    false,
    'the policy of the workers does not let a trigger start this',
    'name the repository and its branch under `repositories` of shipway.policy.yaml on the workers',
    3,
  ),
  'repository.unavailable': {
    ...row(true, 'a worker could not fetch a repository', 'see the message: its url, network and credential'),
    tries: 20,
  },
  'repository.refused': row(
    false,
    'what a repository holds is nothing that a trigger ships',
    'read the reason; correct it in the repository, or ship by hand with `shipway run`',
    2,
  ),
  'commit.unknown': {
    ...row(
      true,
      'the branch of a repository does not hold the commit that a webhook names',
      'push again; find out who sent the webhook if nobody has pushed it',
      3,
    ),
    tries: 6,
  },
  'credential.missing': row(
    false,
    'a credential that the policy names is not on this worker',
    'set the variable or the file that the message names on all workers but those of stages',
  ),
  'status.unavailable': {
    ...row(true, 'GitHub or GitLab did not take a status', 'nothing: the run does not depend on it'),
    tries: 20,
  },
  'status.refused': row(
    false,
    'GitHub or GitLab refused a status',
    'read the message; check token, `project` and `api_url` under `repositories` in the policy',
  ),
} as const satisfies Record<string, FailureRow>;
