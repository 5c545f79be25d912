import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  ParentClosePolicy,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  startChild,
} from '@temporalio/workflow';
import { markdown } from '../src/domain/details.js';
import type { DeploymentInput, GoBack } from '../src/domain/inputs.js';
import { MEMO_VIEW } from '../src/domain/messages.js';
import { QUEUES } from '../src/domain/ids.js';
import { stepsText, strategyName } from '../src/domain/strategy.js';
import type { Board, Running } from './board.js';
import { deployment } from './deployment.js';
import * as messages from './messages.js';
import { initialView } from './deployment-view.js';
import { waiting } from './profiles.js';
import { outlasting } from './renewal.js';
import { searchAttributes } from './search.js';

/** Starts the deployment and waits for its end, whatever that is: its outcome is read from the store, not from here. */
export async function runDeployment(
  board: Board,
  input: DeploymentInput,
  started: () => Promise<void>,
): Promise<void> {
  const ended = await begin(input);
  await started();
  await outlasting(board, ended());
}

/**
 * Starts it, and gives what waits for its end. One of that id that runs already was admitted before, by a run of the target that is gone,
 * or is nobody's and has no permit for what it wants: either way it is waited for, and the store says what became of it.
 */
async function begin(input: DeploymentInput): Promise<() => Promise<void>> {
  try {
    const child = await startChildOf(input);
    return () =>
      child.result().then(
        () => undefined,
        (error: unknown) => {
          log.info('deployment ended without shipping', { deployment: input.id, error: String(error) });
        },
      );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    log.warn('a deployment of this id runs already', { deployment: input.id });
    return () => waiting.awaitDeployment({ deployment: input.id });
  }
}

const startChildOf = (input: DeploymentInput) =>
  startChild(deployment, {
    workflowId: input.id,
    taskQueue: QUEUES.control,
    args: [input],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    memo: { [MEMO_VIEW]: initialView(input) },
    typedSearchAttributes: searchAttributes({
      service: input.service,
      environment: input.environment,
      version: input.release.version,
    }),
    staticSummary: `${input.kind} ${input.service} ${input.release.version} → ${input.environment}, replaces ${input.replaces?.release.version ?? 'nothing'}`,
    staticDetails: details(input),
  });

/** What does not change in it, as Markdown. */
const details = ({ release, plan, run, candidate, replaces }: DeploymentInput): string =>
  [
    `- release \`${release.digest}\`, commit \`${release.commit}\``,
    `- strategy ${strategyName(plan.strategy)}, candidate in ${candidate}, stable ${replaces === undefined ? 'none' : `${replaces.release.version} in ${replaces.slot}`}`,
    ...(plan.strategy.kind === 'own' && plan.strategy.steps !== undefined
      ? [`- steps ${markdown(stepsText(plan.strategy.steps))}`]
      : []),
    ...(run === undefined ? [] : [`- asked for by run \`${run}\``]),
  ].join('\n');

/** However often a wish is repeated, the deployment is told it once; when nobody heard it, the next repeat tells it. */
export async function tellOnce(running: Running, goBack: GoBack): Promise<void> {
  const before = running.told;
  const wish = [goBack.why, ...(goBack.pace === undefined ? [] : [goBack.pace])].join(' ');
  if (before === wish) return;
  running.told = wish;
  if (!(await tellDeployment(running.id, goBack))) running.told = before;
}

/** Signals to other workflows are hints: one that is gone changes nothing here. Answers whether it was there. */
async function tellDeployment(id: string, goBack: GoBack): Promise<boolean> {
  return hint(async () => {
    const handle = getExternalWorkflowHandle(id);
    const sent = [handle.signal(messages.goBack, goBack)];
    if (goBack.why === 'abort') sent.push(handle.cancel());
    await Promise.all(sent);
  });
}

/** Who waits for the end of its bake has changed. Answers whether it was there. */
export const tellQueue = (id: string): Promise<boolean> =>
  hint(() => getExternalWorkflowHandle(id).signal(messages.queueChanged));

export async function tellPipeline(id: string, requestId: string): Promise<void> {
  await hint(() => getExternalWorkflowHandle(id).signal(messages.outcome, { requestId }));
}

async function hint(send: () => Promise<void>): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ApplicationFailure)) throw error;
    log.info('nobody there to tell', { error: error.message });
    return false;
  }
}
