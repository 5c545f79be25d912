import { row, type FailureRow } from './failure-row.js';

/** The rows of what stages do. */
export const STAGE_FAILURES = {
  'stage.failed': row(
    false,
    'a command of a stage ended with an error, or what does a stage of your own threw one or says that it did not pass',
    'read its output with `shipway logs`',
  ),
  'stage.unknown': {
    ...row(
      true,
      'the worker that was to run a stage was not given its kind, which `uses` names',
      'start every worker of role `stage` with it (`runWorker({ stages })`)',
    ),
    tries: 10,
  },
  'stage.lost': row(
    false,
    'what ran a stage is gone and the stage may not be run again by itself (on_lost: fail, or it was lost too often)',
    'start the run again',
  ),
  'stage.timeout': row(
    false,
    'a stage ran longer than its timeout and was stopped',
    'raise `timeout` of the stage or make it faster',
  ),
  'stage.unavailable': row(
    true,
    'the process that starts the commands of stages has ended, or could not be started',
    'look at memory and processes of the worker’s machine; it is started anew by itself',
  ),
  'stage.artifact_missing': row(
    false,
    'a stage did not leave an artifact that it declares',
    'check `artifacts` of the stage and its output with `shipway logs`',
  ),
  'stage.artifact_refused': row(
    false,
    'an artifact path leads outside the workspace, is not a plain file or folder, or has more than is taken',
    'declare paths inside the workspace, and no more than is needed; replace links that lead out of it',
  ),
  'stage.report_missing': row(
    false,
    'a stage did not leave a report that it declares',
    'check `reports` of the stage and its output with `shipway logs`',
  ),
  'stage.report_invalid': row(
    false,
    'a report that a stage declares cannot be read as one: its form, its size, or where it lies',
    'look at what writes the report; declare the path of the file that it writes',
  ),
  'stage.report_failed': row(
    false,
    'the commands of a stage ended well, and one of its reports says that something is not',
    'read the output with `shipway logs`; find out why the command does not fail by itself',
  ),
  'performance.failed': row(
    false,
    'the release was too slow, or answered wrong too often, under the load that it is tested with',
    'compare the figures with `thresholds`; read what the instance said with `shipway logs`',
  ),
  'performance.inconclusive': row(
    false,
    'the load could not be sent as asked, so that nothing is known of the release',
    'lower `rate` or raise `max_in_flight`, or test on a machine with more cores to spare',
  ),
  'performance.not_ready': row(
    false,
    'what a performance test starts did not become ready',
    'read what the instance said with `shipway logs`; raise startup_timeout if it is only slow',
  ),
  'performance.unavailable': row(
    false,
    'there is no load generator where the stage runs, or it could not be run',
    'put `vegeta` or Go on the PATH of the workers that run stages',
  ),
  'source.invalid': row(
    false,
    'the source of the run is not kept, or does not hold the commit of the plan',
    'start the run again from the repository',
  ),
  'scan.findings': row(
    false,
    'the scanner found something',
    'see the findings with `shipway logs`; take the secret out of the history and rotate it',
  ),
  'scan.unavailable': { ...row(true, 'the scanner could not be run', 'see the worker log'), tries: 10 },
} as const satisfies Record<string, FailureRow>;
