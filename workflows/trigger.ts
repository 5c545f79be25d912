import { ActivityFailure, ApplicationFailure, isCancellation, log } from '@temporalio/workflow';
import type { Ended } from '../src/domain/outcome.js';
import {
  commitSaid,
  stateOf,
  statusText,
  type CommitStatus,
  type Following,
  type Resolved,
  type TriggerInput,
  type Triggered,
} from '../src/domain/trigger.js';
import { fetching, reporting, waiting } from './profiles.js';
import { reasonOf, typeOf } from './undo.js';

/**
 * A push or a schedule, from the moment it is taken until its run has ended: starts the run as a client would, and shows at the commit
 * how it goes. A run that is tried again is only shown. It is one for a push, by its id, and one at a time for a schedule. What it shows is never needed: the run goes on without.
 */
export async function trigger(input: TriggerInput | Following): Promise<Triggered & Ended> {
  return 'follows' in input ? followed(input) : fired(input);
}

async function fired(input: TriggerInput): Promise<Triggered & Ended> {
  let commit = commitSaid(input.cause);
  try {
    if (commit === '') ({ commit } = await fetching.findCommit(input));
    const started = await fetching.startTriggered({ ...input, commit } satisfies Resolved);
    return await reported(started);
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

async function followed({ service, follows: run }: Following): Promise<Triggered & Ended> {
  const admitted = await waiting.awaitAdmission({ service, run });
  if (admitted !== undefined) return reported(admitted);
  const reason = 'it is no admitted run of a trigger';
  return { ...{ service, environment: '', run, commit: '' }, ...{ outcome: 'failed', reason } };
}

/** From its begin to its end. */
async function reported(started: Triggered): Promise<Triggered & Ended> {
  const { service, run, commit } = started;
  await shown({ service }, { commit, state: 'pending', description: `run ${run} is under way`, run });
  const ended = await waiting.awaitRun({ service, run });
  const description = `${ended.outcome.replaceAll('_', ' ')}: ${ended.reason}`;
  await shown({ service }, { commit, state: stateOf(ended.outcome), description, run });
  return { ...started, ...ended };
}

/** The context is the service's: a repository with several has a status of each. */
async function shown(
  { service }: Pick<TriggerInput, 'service'>,
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
