import { ActivityFailure, ApplicationFailure, isCancellation, log } from '@temporalio/workflow';
import type { Ended } from '../src/domain/inputs.js';
import {
  stateOf,
  statusText,
  type CommitStatus,
  type Resolved,
  type TriggerInput,
  type Triggered,
} from '../src/domain/trigger.js';
import { fetching, reporting, waiting } from './profiles.js';
import { reasonOf, typeOf } from './undo.js';

/**
 * A push or a schedule, from the moment it is taken until its run has ended: starts the run as a client would, and shows at the commit
 * how it goes. It is one for a push, by its id, and one at a time for a schedule. What it shows is never needed: the run goes on without.
 */
export async function trigger(input: TriggerInput): Promise<Triggered & Ended> {
  let commit = input.cause.kind === 'push' ? input.cause.after : '';
  try {
    if (commit === '') ({ commit } = await fetching.findCommit(input));
    const started = await fetching.startTriggered({ ...input, commit } satisfies Resolved);
    await shown(input, {
      commit,
      state: 'pending',
      description: `run ${started.run} is under way`,
      run: started.run,
    });
    const ended = await waiting.awaitRun({ service: started.service, run: started.run });
    const description = `${ended.outcome.replaceAll('_', ' ')}: ${ended.reason}`;
    await shown(input, { commit, state: stateOf(ended.outcome), description, run: started.run });
    return { ...started, ...ended };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const why = reasonOf(error);
    await recorded(input, commit, why);
    if (commit !== '') await shown(input, { commit, state: 'failure', description: why });
    throw ApplicationFailure.create({
      message: why,
      type: typeOf(error) ?? 'internal.bug',
      nonRetryable: true,
      category: 'BENIGN',
      ...(error instanceof Error ? { cause: error } : {}),
    });
  }
}

/** The context is the service's: a repository with several has a status of each. */
async function shown(
  { service }: TriggerInput,
  { description, ...status }: Omit<CommitStatus, 'context' | 'link'> & { readonly run?: string },
): Promise<void> {
  try {
    const context = `shipway/${service}`;
    await reporting.reportStatus({ service, context, description: statusText(description), ...status });
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    log.warn('the status of the commit is not written', { commit: status.commit, why: reasonOf(error) });
  }
}

async function recorded(input: TriggerInput, commit: string, why: string): Promise<void> {
  try {
    await reporting.recordUnfired({ input, commit, why });
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    log.warn('that nothing was started is not recorded', { why: reasonOf(error) });
  }
}
