import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readAnswer, type StageAnswer, type StageKind, type StageWork } from '../src/domain/own-stage.js';
import type { RunOwnInput } from '../src/domain/stage.js';
import { ShipwayError } from '../src/errors.js';
import { idempotencyKey } from '../src/stage/environment.js';
import { outputFile } from '../src/stage/job-files.js';
import { within } from '../src/within.js';
import { outOfTime } from './stage-timeout.js';

interface Place {
  /** The folder whose output is shipped. */
  readonly job: string;
  readonly workspace: string;
}

/**
 * What a stage kind of a user's own answers. One that is cancelled or out of time is told so; what does not stop then is left to itself, and
 * no cancellation waits for it. Fails with `stage.failed`, whatever it throws, and `stage.timeout`.
 */
export async function answerOf(
  kind: StageKind,
  input: RunOwnInput,
  { job, workspace }: Place,
  cancelled: AbortSignal,
): Promise<StageAnswer> {
  let open = true;
  // What goes on after its stage has ended has nowhere to write, and must not end the worker.
  const log = (line: string): void => {
    if (open) appendFileSync(outputFile(job), `${line}\n`);
  };
  const { end, over } = await within(input.stage.timeoutMs, cancelled, async (signal) => ({
    end: await ended(() => kind(workOf(input, workspace, log), signal), signal),
    over: signal.aborted,
  }));
  open = false;
  cancelled.throwIfAborted();
  if (over)
    throw outOfTime(
      input.stage,
      end.kind === 'goes on' ? ', and does not stop: it does not heed its signal' : '',
    );
  if (end.kind !== 'answered') throw notPassed(input, `${input.stage.uses} threw: ${saidOf(end)}`);
  const answer = readAnswer(end.value);
  if (typeof answer === 'string') throw notPassed(input, `${input.stage.uses}: ${answer}`);
  return answer;
}

type End =
  | { readonly kind: 'answered'; readonly value: unknown }
  | { readonly kind: 'thrown'; readonly error: unknown }
  | { readonly kind: 'goes on' };

/** How long one that is told to stop may take to heed that. */
const HEED_MS = 5_000;

async function ended(work: () => Promise<unknown>, signal: AbortSignal): Promise<End> {
  const working = Promise.resolve()
    .then(work)
    .then(
      (value): End => ({ kind: 'answered', value }),
      (error: unknown): End => ({ kind: 'thrown', error }),
    );
  const told = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
  return Promise.race([working, told.then(() => sleep<End>(HEED_MS, { kind: 'goes on' }, { ref: false }))]);
}

function workOf(input: RunOwnInput, workspace: string, log: StageWork['log']): StageWork {
  const { run, stage, service, environment, version, commit, requestedBy, attempt } = input;
  return {
    ...{ run, stage: stage.name, service, environment, version, commit, requestedBy, attempt },
    ...{ with: stage.with, workspace, log, idempotencyKey: idempotencyKey(input) },
  };
}

/** `details`: what it has found out all the same. */
export const notPassed = ({ run, stage }: RunOwnInput, why: string, details?: unknown): ShipwayError =>
  new ShipwayError(
    'stage.failed',
    `stage ${stage.name}: ${why} (output: shipway logs ${run} --stage ${stage.name})`,
    { details },
  );

const MOST_SAID = 500;
function saidOf(end: Exclude<End, { readonly kind: 'answered' }>): string {
  const error = end.kind === 'thrown' ? end.error : undefined;
  return (error instanceof Error ? error.message || error.name : String(error)).slice(0, MOST_SAID);
}
