import { wasRefused } from './failures.js';
import { DIRTY, type TargetRef } from './ids.js';
import type { Outcome } from './outcome.js';
import { isWork } from './plan.js';
import type { DeploymentView, RunView, WaitingFor } from './view.js';

/** A run, and its deployment once it has one. */
export interface Under {
  readonly run: RunView;
  readonly deployment?: DeploymentView;
  readonly drift?: readonly DriftNow[];
  readonly since?: readonly LiveNow[];
}
/** The version that is live at a target now. */
export interface LiveNow extends TargetRef {
  readonly live: string;
}
/** A target that was not as recorded when it was last looked at: how, and what is recorded as live there. */
export interface DriftNow extends TargetRef {
  readonly live?: string;
  readonly what: readonly string[];
}

/** What a person may type now, ready to be copied; the first is the likeliest. */
export function nextCommands(under: Under): readonly string[] {
  const { run: id, outcome } = under.run;
  // Also of a run that has its outcome, and whose end cannot be recorded.
  const answers = answerCommands(id, waitingOf(under));
  const drifted = (under.drift ?? []).flatMap(putRight);
  if (answers.length > 0) return [...answers, ...drifted];
  if (outcome === undefined) return [`shipway watch ${id}`, `shipway abort ${id} --reason "…"`, ...drifted];
  return [...drifted, ...afterwards(under, outcome)];
}

/** Starts what is recorded, where something is, or records what serves. */
const putRight = ({ service, environment, live }: DriftNow): readonly string[] => [
  ...(live === undefined ? [] : [`${rollback(service, environment)} --to ${live}`]),
  `shipway adopt --service ${service} --environment ${environment} --reason "…"`,
];

/** Of a run that has ended: what went wrong, how to take it back, what serves instead, or how to begin again. */
function afterwards({ run, deployment, since = [] }: Under, outcome: Outcome): readonly string[] {
  const { service, environment } = run;
  const history = historyOf(run);
  switch (outcome) {
    case 'failed':
      return afterFailure(run);
    case 'shipped':
      // A rollback would take back what came after it.
      if (since.some((s) => s.environment === environment)) return history;
      return deployment?.replaces === undefined ? [] : [rollback(service, environment)];
    case 'rolled_back':
    case 'superseded':
      return history;
    case 'rejected':
    case 'expired':
    case 'aborted':
      return [again(run)];
  }
}

const historyOf = ({ service, environment }: RunView): readonly string[] => [
  `shipway history --service ${service} --environment ${environment}`,
];

function afterFailure(run: RunView): readonly string[] {
  const { run: id, service, environment, version, failure } = run;
  switch (failure) {
    case 'run.outdated':
      // What was never known good there, a rollback refuses.
      return [`${rollback(service, environment)} --to ${version}`, ...historyOf(run)];
    case 'target.busy':
    case 'decision.outdated':
      return [again(run)];
    case 'evidence.missing':
      return [`shipway releases --service ${service}`, `${again(run)} --rebuild`];
    case 'release.held':
    case 'release.taken_back':
      return [`shipway history --service ${service}`];
    case 'flag.on':
    case 'flag.otherwise':
      return [`shipway flags --service ${service} --environment ${environment}`];
    case 'scan.findings':
    case 'stage.artifact_refused':
      // The same commit has the same again.
      return [logs(run)];
    default:
      if (failedByDeployment(run))
        return [wasRefused(failure) ? `shipway history --service ${service}` : `shipway retry ${id}`];
      return [logs(run), ...(failedByStage(run) ? [`shipway retry ${id}`] : [])];
  }
}

/** The same run once more: to the environment it was for, or to all that it led through. */
const again = ({ environment, environments, version }: RunView): string =>
  `shipway run ${environments === undefined ? `--environment ${environment} ` : ''}${ofVersion(version)}`;

/** What the world may have kept from passing this time; what was refused is refused again. */
const failedByStage = ({ stages }: RunView): boolean => stages.some((s) => s.state === 'failed' && isWork(s));

/** Why that could not begin is in its reason, and stages have said nothing of it. */
const failedByDeployment = ({ stages, deployment }: RunView): boolean =>
  deployment !== undefined && stages.some((s) => s.state === 'failed' && s.kind === 'deploy');

const logs = (run: RunView): string => `shipway logs ${logsAt(run) ?? run.run}`;

/** The run whose output is to be read: an earlier one, when this one has run no stage itself. */
const logsAt = ({ stages }: RunView): string | undefined =>
  stages.some((s) => s.startedAt !== undefined && isWork(s))
    ? undefined
    : stages.find((s) => s.byRun !== undefined)?.byRun;

/** A working tree that was not committed has no name by which it could be found again. */
const ofVersion = (version: string): string => (version.includes(DIRTY) ? '--dirty' : `--release ${version}`);

/** The same for a deployment seen by itself, which may belong to no run. */
export function nextForDeployment(view: DeploymentView): readonly string[] {
  const answers = answerCommands(view.id, view.waitingFor);
  if (answers.length > 0) return answers;
  if (view.outcome !== undefined || view.kind !== 'deploy') return [];
  const back = rollback(view.service, view.environment);
  if (view.phase !== 'going_back') return [back];
  // Who goes back by shares may be hurried; what is back already needs nobody.
  const left = view.candidate === undefined ? undefined : view.shares[view.candidate];
  return (left ?? 0) > 0 ? [`${back} --immediate`] : [];
}

/** What is asked now: of the run, or of its deployment when that is in doubt. */
export const waitingOf = ({ run, deployment }: Under): WaitingFor | undefined =>
  run.waitingFor ?? deployment?.waitingFor;

const SHORT = 12;
/** How to answer what a workflow asks. */
export const answerCommands = (of: string, waiting: WaitingFor | undefined): readonly string[] =>
  waiting?.decision === undefined
    ? []
    : waiting.question === 'paused'
      ? [`shipway resume ${of}`, `shipway reject ${of} --reason "…"`]
      : [
          `shipway approve ${of} --decision ${waiting.decision.slice(0, SHORT)}`,
          `shipway reject ${of} --reason "…"`,
        ];

const rollback = (service: string, environment: string): string =>
  `shipway rollback --service ${service} --environment ${environment} --reason "…"`;
