import type { RunStatus } from '../../client.js';
import type { WaitingFor } from '../../domain/view.js';

/** What a person may type now, ready to be copied; the first is the likeliest. */
export function nextCommands({ run, deployment }: Pick<RunStatus, 'run' | 'deployment'>): readonly string[] {
  const waiting = waitingOf({ run, ...(deployment === undefined ? {} : { deployment }) });
  const { run: id, service, environment, outcome } = run;
  if (outcome === 'failed') return [`shipway logs ${id}`];
  if (outcome !== undefined)
    return outcome === 'shipped' && deployment?.replaces !== undefined
      ? [rollback(service, environment)]
      : [];
  if (waiting?.decision !== undefined)
    return [
      `shipway approve ${id} --decision ${waiting.decision.slice(0, 12)}`,
      `shipway reject ${id} --reason "…"`,
    ];
  return [`shipway watch ${id}`, `shipway abort ${id} --reason "…"`];
}

const rollback = (service: string, environment: string): string =>
  `shipway rollback --service ${service} --environment ${environment} --reason "…"`;

/** What is asked now: of the run, or of its deployment when that is in doubt. */
export const waitingOf = ({
  run,
  deployment,
}: Pick<RunStatus, 'run' | 'deployment'>): WaitingFor | undefined =>
  run.waitingFor?.decision === undefined ? (deployment?.waitingFor ?? run.waitingFor) : run.waitingFor;
