import type { DeploymentView, RunView, WaitingFor } from './view.js';

/** A run, and its deployment once it has one. */
export interface Under {
  readonly run: RunView;
  readonly deployment?: DeploymentView;
}

/** What a person may type now, ready to be copied; the first is the likeliest. */
export function nextCommands(under: Under): readonly string[] {
  const { run, deployment } = under;
  const { run: id, service, environment, outcome } = run;
  // Also of a run that has its outcome, and whose end cannot be recorded.
  const answers = answerCommands(id, waitingOf(under));
  if (answers.length > 0) return answers;
  if (outcome === 'failed') return [`shipway logs ${id}`];
  if (outcome !== undefined)
    return outcome === 'shipped' && deployment?.replaces !== undefined
      ? [rollback(service, environment)]
      : [];
  return [`shipway watch ${id}`, `shipway abort ${id} --reason "…"`];
}

/** The same for a deployment seen by itself, which may belong to no run. */
export function nextForDeployment(view: DeploymentView): readonly string[] {
  const answers = answerCommands(view.id, view.waitingFor);
  if (answers.length > 0) return answers;
  return view.outcome === undefined && view.kind === 'deploy'
    ? [rollback(view.service, view.environment)]
    : [];
}

/** What is asked now: of the run, or of its deployment when that is in doubt. */
export const waitingOf = ({ run, deployment }: Under): WaitingFor | undefined =>
  run.waitingFor ?? deployment?.waitingFor;

const SHORT = 12;
/** How to answer what a workflow asks. */
export const answerCommands = (of: string, waiting: WaitingFor | undefined): readonly string[] =>
  waiting?.decision === undefined
    ? []
    : [
        `shipway approve ${of} --decision ${waiting.decision.slice(0, SHORT)}`,
        `shipway reject ${of} --reason "…"`,
      ];

const rollback = (service: string, environment: string): string =>
  `shipway rollback --service ${service} --environment ${environment} --reason "…"`;
