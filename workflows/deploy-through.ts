import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { GoBack } from '../src/domain/inputs.js';
import type { DeployRequest, Finished, TargetAnswer } from '../src/domain/target.js';
import { askAgain, control } from './profiles.js';
import { shielded } from './shielded.js';
import type { Run } from './stages.js';

/**
 * Asks the target to deploy, and repeats the request until it has the outcome: hints make it quick, repeats make it sure.
 * Answers `ask again` when what was approved is no longer what would be done. When the run is aborted the request is taken
 * back, and the wait goes on until the target says how it ended.
 */
export async function deployThrough(
  run: Run,
  stage: string,
  request: DeployRequest,
): Promise<Finished | 'ask again'> {
  try {
    return await untilFinished(run, stage, request);
  } catch (error) {
    // An attempt that was asking when the run was cancelled may fail as itself: the target has perhaps heard it.
    if (!isCancellation(error) && !run.cancelled()) throw error;
    const by = run.abortedBy();
    const goBack = {
      why: 'abort',
      by: by?.person ?? 'temporal',
      reason: by?.reason ?? 'the run was cancelled',
    } as const;
    const answer = await shielded(() => untilWithdrawn(run, request, goBack));
    if (answer.status === 'finished' && answer.outcome === 'shipped') return answer;
    throw error;
  }
}

/** Repeated like the request itself, and never asked for again: a request that was taken back stays so. */
async function untilWithdrawn(run: Run, request: DeployRequest, goBack: GoBack): Promise<TargetAnswer> {
  const { service, environment, requestId } = request;
  for (let repeats = 0; ;) {
    const answer = await control.withdrawFromTarget({ service, environment, requestId, goBack });
    if (answer.status === 'finished' || answer.status === 'refused') return answer;
    repeats = (await run.hint(askAgain(repeats))) ? 0 : repeats + 1;
  }
}

async function untilFinished(
  run: Run,
  stage: string,
  request: DeployRequest,
): Promise<Finished | 'ask again'> {
  for (let repeats = 0; ;) {
    const answer = await control.askTarget.executeWithOptions(
      { summary: `ask ${request.service} ${request.environment} for ${request.release.version}` },
      [request],
    );
    switch (answer.status) {
      case 'finished':
        if (answer.deployment !== '') run.update({ deployment: answer.deployment });
        return answer;
      case 'refused':
        if (answer.type === 'decision.changed') return 'ask again';
        throw ApplicationFailure.nonRetryable(answer.message, answer.type);
      case 'running':
        run.note(stage, { note: answer.deployment });
        run.update({ deployment: answer.deployment });
        break;
      case 'queued':
        run.stage(stage, { note: placeOf(answer) });
        break;
    }
    repeats = (await run.hint(askAgain(repeats))) ? 0 : repeats + 1;
  }
}

const placeOf = ({ position, holder }: Extract<TargetAnswer, { status: 'queued' }>): string =>
  holder === 'nothing' && position === 1 ? 'next' : `place ${String(position)} behind ${holder}`;
