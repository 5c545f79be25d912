import { row, type FailureRow } from './failure-row.js';
import { FLAG_FAILURES } from './flag-failures.js';
import { REFUSED } from './outcome.js';
import { NOTIFICATION_FAILURES } from './notification-failures.js';
import { STAGE_FAILURES } from './stage-failures.js';
import { TRIGGER_FAILURES } from './trigger-failures.js';

/** The failure table: activities throw from it, the CLI prints from it, the docs list it. */
export const FAILURES = {
  'permit.missing': row(
    false,
    'an effect was asked for by a deployment that nobody admitted',
    'start deployments with `shipway run` or `shipway rollback`; a workflow started by hand moves nothing',
    3,
  ),
  'approval.missing': row(
    false,
    'the policy asks for approvals that the request does not carry',
    'run the pipeline with an approve stage and let it be approved',
    3,
  ),
  'evidence.missing': row(
    false,
    'the policy asks for evidence that this release does not have, or that did not pass',
    'add the stage before `approve` and run again; for a release that was built before, with --rebuild',
    3,
  ),
  'decision.changed': row(
    false,
    'what was approved is no longer what would be done',
    'look at the run again: it asks anew for the present decision',
    3,
  ),
  'decision.outdated': row(
    false,
    'what was approved is no longer what would be done, and the policy has nobody asked again (`on_base_changed: fail`)',
    'look at what is live now, and start the run again with `shipway run`',
    3,
  ),
  'statement.refused': row(
    false,
    'a statement does not count',
    'read the reason; make a new statement with the CLI',
    3,
  ),
  'policy.refused': row(
    false,
    'the policy does not allow this',
    'ask for it where the policy allows it, or change the policy on the workers',
    3,
  ),
  'policy.unknown_environment': row(
    false,
    'the policy does not name this environment',
    'add the environment to shipway.policy.yaml on the workers',
    3,
  ),
  'plan.mismatch': row(
    false,
    'the plan does not have the hash it was sent with, or leaves stages to a run without naming its release',
    'start the run again with this version of the CLI',
    2,
  ),
  'release.unknown': row(
    false,
    'the release that a run asks for was not built so, or is no longer kept',
    'ship the commit with --rebuild; `shipway releases` lists what there is',
    3,
  ),
  'retry.impossible': row(
    false,
    'what stages of an earlier run have made is not what a retry would take over, or is no longer kept',
    'start the run anew with `shipway run`',
    3,
  ),
  'run.outdated': row(
    false,
    'what serves was made of a commit that follows the one a run would ship',
    'ship a newer commit; go back with `shipway rollback --to VERSION`, or, to what never was known good there, by a commit that reverts',
    3,
  ),
  'release.held': row(
    false,
    'rules rolled this release back from this target, so automation may not ship it there again',
    'ship another version, or say why with `shipway run --despite-hold REASON`',
    3,
  ),
  'release.taken_back': row(
    false,
    'somebody went back from this release in an environment that comes before',
    'ship another version; `shipway run --environment NAME` ships to one environment alone',
    3,
  ),
  'adopt.impossible': row(
    false,
    'what serves cannot be recorded as live',
    'put all users on one slot with a release that was deployed here, or ship one with `shipway run`',
    3,
  ),
  'target.busy': row(
    false,
    'the target is at work, and its rules let nobody wait (`queue: reject`)',
    'start the run again when it is free: `shipway list` shows what runs',
    3,
  ),
  'target.adapters': row(
    false,
    'a target keeps its provider and its router while something is live there; of two routers one may be left out when it is gone for good',
    'ship to an environment of another name, and move the users there; of two routers say which is gone in the policy (`gone_routers`)',
    3,
  ),
  'adapter.unknown': row(
    true,
    'the worker of this target was not given the adapter that its plan names, or its policy does not say where that is',
    'start the worker with it (`runWorker({ providers, routers, metrics })`), or add the place to the environment in the policy, or say there that one of two routers is gone (`gone_routers`); it is tried again',
  ),
  'strategy.unknown': {
    ...row(
      true,
      'the worker that admits deployments was not given the strategy that a plan names',
      'start every worker of role `control` with it (`runWorker({ strategies })`)',
    ),
    tries: 10,
  },
  'strategy.invalid': row(
    false,
    'a strategy of your own threw, or gave steps that cannot be carried out',
    'correct the function as the message says, and start the workers anew',
  ),
  'rollback.impossible': row(
    false,
    'there is nothing safe to go back to',
    'see `shipway history`; ship a good version forward',
    3,
  ),
  'emergency.over': row(
    false,
    'the last change does not serve any more: there is nothing bad to take back',
    'look at what serves with `shipway doctor`; to go further back use `shipway rollback`',
  ),
  'request.unknown': row(false, 'the target does not know this request', 'start the run again'),
  'request.mismatch': row(
    false,
    'a request to deploy is not what its run was admitted with',
    'start the run again with `shipway run`; find out who sent the request',
    3,
  ),
  'request.abandoned': row(
    false,
    'the run that asked for a deployment has ended',
    'start the run again if its version is still wanted',
  ),
  ...STAGE_FAILURES,
  'secret.missing': row(
    false,
    'a secret that the configuration refers to has no value, or no longer that version',
    'give it one with `shipway secrets set PATH`, and start the run again; `shipway secrets list` shows what there is',
    3,
  ),
  'secret.unreadable': row(
    false,
    'the value of a secret cannot be opened with this worker’s key',
    'put the key back that the message names, or give the secret a new value with `shipway secrets set PATH`',
  ),
  'secrets.unavailable': row(true, 'the store of secrets did not answer', 'see `shipway doctor`'),
  'artifact.missing': {
    ...row(
      true,
      'an artifact is not in the artifact store',
      'check that all workers share one artifact store',
    ),
    tries: 10,
  },
  'artifact.mismatch': row(
    false,
    'an artifact does not have the digest it is named by',
    'find out what changed it; build a new release',
  ),
  'disk.full': row(
    true,
    'a disk is full; what was being written is removed again, and nothing is kept half',
    'make room where the message says, for instance by `shipway housekeeping`; it is tried again by itself',
  ),
  'instance.not_ready': row(
    false,
    'instances of the new release did not become ready in time',
    'read the instance log named in the message; raise startup_timeout if it is only slow',
  ),
  'instance.start_failed': row(
    false,
    'an instance of the new release ended while starting',
    'read the instance log named in the message',
  ),
  'provider.unavailable': row(true, 'the provider did not answer', 'see `shipway doctor`'),
  'smoke.failed': row(
    false,
    'the smoke test of the new instances failed',
    'try the release on its own; users who had it were sent back',
  ),
  'router.unavailable': row(
    true,
    'the router did not answer',
    'see `shipway doctor`; start the router again',
  ),
  'router.refused': row(
    false,
    'the router refused the change',
    'read the reason; check `listen` for a port that is taken',
  ),
  'metrics.unavailable': row(true, 'the metric source did not answer', 'see `shipway doctor`'),
  'store.unavailable': row(
    true,
    'PostgreSQL did not answer',
    'start it again; forward steps wait, going back does not',
  ),
  'target.newer': row(
    true,
    'a newer version of shipway has written the record of this target',
    'bring all workers to the newer version',
  ),
  'undo.incomplete': row(
    false,
    'something could not be put back',
    'answer the gate that the run shows: retry or accept',
  ),
  'temporal.unavailable': row(
    true,
    'Temporal did not answer, or a workflow ended while it was being asked',
    'see `shipway doctor`; it is asked again',
  ),
  ...FLAG_FAILURES,
  ...TRIGGER_FAILURES,
  ...NOTIFICATION_FAILURES,
  'config.invalid': row(false, 'a configuration file has errors', 'correct them as listed', 2),
  'internal.bug': row(
    false,
    'shipway met a state it does not know',
    'report it with `shipway history` and the workflow history',
    1,
  ),
} as const satisfies Record<string, FailureRow>;

export type FailureType = keyof typeof FAILURES;
/** Whether policy or a decision refused what ended so. */
export const wasRefused = (failure: string | undefined): boolean =>
  failure !== undefined && isFailureType(failure) && FAILURES[failure].exit === REFUSED;
export const isFailureType = (type: string): type is FailureType => Object.hasOwn(FAILURES, type);
