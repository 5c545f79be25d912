import type { RunOwnInput, RunStageInput } from '../domain/stage.js';

/** What a stage's commands are told: nothing of the worker's own environment but the way to programs. */
export function environmentOf(input: RunStageInput): Record<string, string> {
  const { stage, service, environment, version, commit, run } = input;
  return {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    CI: 'true',
    ...stage.environment,
    SHIPWAY_SERVICE: service,
    SHIPWAY_ENVIRONMENT: environment,
    SHIPWAY_VERSION: version,
    SHIPWAY_COMMIT: commit,
    SHIPWAY_RUN: run,
    SHIPWAY_STAGE: stage.name,
    SHIPWAY_IDEMPOTENCY_KEY: idempotencyKey(input),
  };
}

/** By which others know a stage again that is begun once more. */
export const idempotencyKey = ({ run, stage }: Pick<RunStageInput | RunOwnInput, 'run' | 'stage'>): string =>
  `${run}/${stage.name}`;
