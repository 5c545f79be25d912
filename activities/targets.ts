import type { Workflow } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import type { AuditEntry } from '../src/domain/audit.js';
import type { Subject, TargetRef } from '../src/domain/ids.js';
import type { OpenDeployment, Withdrawal } from '../src/domain/inputs.js';
import { MESSAGES } from '../src/domain/messages.js';
import type { DeployRequest, TargetAnswer, TargetState } from '../src/domain/target.js';
import { livingTarget } from '../src/client/living-target.js';
import { entry } from './audit.js';
import type { ControlDeps } from './deps.js';
import { loadRecord } from './target-record.js';
import { untilEnded } from './until-ended.js';

/** Asks the target, starting it if it does not live. A repeat is answered alike, so any retry is safe. */
export const askTarget =
  ({ client }: Pick<ControlDeps, 'client'>) =>
  (request: DeployRequest): Promise<TargetAnswer> =>
    client.workflow.executeUpdateWithStart<Workflow, TargetAnswer, [DeployRequest]>(MESSAGES.request, {
      args: [request],
      startWorkflowOperation: livingTarget(request),
      updateId: sameForEveryAttempt(),
    });

/**
 * Takes a request back: out of the queue, or as an abort to the running deployment. A target that does not live is started:
 * what it left under way must be told too. Safe to repeat.
 */
export const withdrawFromTarget =
  ({ client }: Pick<ControlDeps, 'client'>) =>
  ({ service, environment, ...withdrawal }: TargetRef & Withdrawal): Promise<TargetAnswer> =>
    client.workflow.executeUpdateWithStart<Workflow, TargetAnswer, [Withdrawal]>(MESSAGES.withdraw, {
      args: [withdrawal],
      startWorkflowOperation: livingTarget({ service, environment }),
      updateId: sameForEveryAttempt(),
    });

/** An attempt that was given up has perhaps been heard: the next one joins it instead of being another message. */
function sameForEveryAttempt(): string {
  const { activityId, workflowExecution } = Context.current().info;
  return `${workflowExecution?.runId ?? ''}/${activityId}`;
}

/** What a starting target entity must know: its state, the deployments that have not ended, and who waits, in order. */
export const loadTarget =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async (
    ref: TargetRef,
  ): Promise<{
    state: TargetState;
    open: readonly OpenDeployment[];
    queue: readonly DeployRequest[];
  }> => {
    const [state, open, queue] = await Promise.all([
      loadRecord(store, ref),
      store.deployments.open(ref),
      store.requests.waiting(ref),
    ]);
    return {
      state,
      queue,
      open: open.map(({ id, requestId, kind, run }) => ({
        id,
        requestId,
        kind,
        ...(run === undefined ? {} : { run }),
      })),
    };
  };

/** What the store knows of a request: finished, running, refused, or nothing. */
export const findRequest =
  ({ store }: Pick<ControlDeps, 'store'>) =>
  async (input: TargetRef & { requestId: string }): Promise<TargetAnswer | undefined> => {
    const row = await store.deployments.findByRequest(input, input.requestId);
    if (row === undefined) return store.requests.answer(input, input.requestId);
    return row.outcome === undefined
      ? { status: 'running', deployment: row.id }
      : {
          ...{ status: 'finished', deployment: row.id, outcome: row.outcome, reason: row.reason ?? '' },
          ...(row.failure === undefined ? {} : { failure: row.failure }),
        };
  };

/** The same for a request to deploy; one that nothing is known of gets its place in the order of asking. */
export const noteRequest =
  (deps: Pick<ControlDeps, 'store'>) =>
  async (request: DeployRequest): Promise<TargetAnswer | undefined> => {
    const known = await findRequest(deps)(request);
    if (known === undefined) await deps.store.requests.note(request);
    return known;
  };

/**
 * Gives a request its answer, for good, also one that has not arrived; answers what is known of it when that is too late. With a `version`
 * it is the queue's rules that say so, and that is recorded: first, because a retry would find it settled.
 */
export const settleRequest =
  (deps: Pick<ControlDeps, 'store'>) =>
  async ({
    answer,
    version,
    ...request
  }: TargetRef & { requestId: string; answer: TargetAnswer; version?: string }): Promise<TargetAnswer> => {
    const known = await findRequest(deps)(request);
    if (known !== undefined) return known;
    if (version !== undefined)
      await deps.store.audit.append([turnedAway({ ...request, version }, request.requestId, answer)]);
    await deps.store.requests.settle(request, request.requestId, answer);
    return answer;
  };

const turnedAway = (subject: Subject, request: string, answer: TargetAnswer): AuditEntry =>
  answer.status === 'refused'
    ? entry(subject, 'request.refused', { request, type: answer.type, why: answer.message })
    : entry(subject, 'request.superseded', {
        request,
        why: answer.status === 'finished' ? answer.reason : '',
      });

/** Waits until a deployment has ended in any way, or is found not to exist. */
export const awaitDeployment =
  ({ client }: Pick<ControlDeps, 'client'>) =>
  async ({ deployment }: { deployment: string }): Promise<void> => {
    await untilEnded(client, deployment);
  };

export const cancelWorkflow =
  ({ client }: Pick<ControlDeps, 'client'>) =>
  async ({ workflow }: { workflow: string }): Promise<void> => {
    await client.workflow.getHandle(workflow).cancel();
  };
