import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { deploymentId, pipelineId, targetId } from '../../src/domain/ids.js';
import type { Ended, PipelineInput } from '../../src/domain/inputs.js';
import { MESSAGES } from '../../src/domain/messages.js';
import type { RollbackRequest, TargetAnswer, TargetState } from '../../src/domain/target.js';
import type { DeploymentView, TargetView } from '../../src/domain/view.js';
import type { Lab } from './lab.js';
import { pipelineInput, plan, statement } from './plans.js';

/** One service of its own in `production`, so that the tests of a file do not meet each other's targets. */
export interface Story {
  readonly service: string;
  readonly begin: (version: string, more?: Parameters<typeof plan>[1]) => Promise<PipelineInput>;
  readonly ship: (version: string, more?: Parameters<typeof plan>[1]) => Promise<Ended>;
  readonly ended: (input: PipelineInput) => Promise<Ended>;
  /** The end of the n-th deployment, also of one that has not begun yet, once its target knows of it. */
  readonly deployed: (n: number) => Promise<Ended>;
  readonly status: (input: PipelineInput) => Promise<string>;
  readonly pipeline: (input: PipelineInput) => WorkflowHandle;
  readonly target: () => WorkflowHandle;
  readonly deployment: (n: number) => WorkflowHandle;
  readonly seen: (n: number) => Promise<DeploymentView>;
  readonly rollback: (more?: Partial<RollbackRequest>) => Promise<TargetAnswer>;
  /** Waits until a watch of this phase of this service is under way. */
  readonly watching: (phase: string) => Promise<void>;
  readonly state: () => TargetState | undefined;
  /** Slots that have instances now. */
  readonly slots: () => string[];
}

export function story(lab: Lab, service: string): Story {
  const ref = { service, environment: 'production' };
  const client = lab.client.workflow;
  const target = () => client.getHandle(targetId(ref));
  const pipeline = (input: PipelineInput) => client.getHandle(pipelineId(service, input.run));
  const deployment = (n: number) => client.getHandle(deploymentId(ref, n));
  const begin: Story['begin'] = async (version, more = {}) => {
    const input = pipelineInput(plan(version, { service, ...more }));
    await lab.start(input);
    await lab.answer(input, 'bob');
    return input;
  };
  const ended = (input: PipelineInput) => endedOf(pipeline(input));
  return {
    service,
    begin,
    ended,
    pipeline,
    target,
    deployment,
    deployed: async (n) => {
      const { workflowId } = deployment(n);
      await lab.until(
        () =>
          deployment(n)
            .describe()
            .catch(() => undefined),
        `the begin of ${workflowId}`,
      );
      const end = await endedOf(deployment(n));
      await lab.until(async () => {
        const { running } = await target().query<TargetView>(MESSAGES.view);
        return running === workflowId ? undefined : true;
      }, `the target to know of the end of ${workflowId}`);
      return end;
    },
    ship: async (version, more) => ended(await begin(version, more)),
    status: async (input) => (await pipeline(input).describe()).status.name,
    seen: (n) => deployment(n).query<DeploymentView>(MESSAGES.view),
    rollback: ({ requestId = `back-${randomUUID().slice(0, 8)}`, ...more } = {}) =>
      target().executeUpdate<TargetAnswer, [object]>(MESSAGES.rollback, {
        args: [
          {
            ...ref,
            requestId,
            statement: statement('carol', 'rollback', targetId(ref)),
            reason: 'bad',
            ...more,
          },
        ],
      }),
    watching: async (phase) => {
      await lab.until(
        () => Promise.resolve(lab.watched.find((w) => w.service === service && w.phase === phase)),
        `a watch of ${phase}`,
      );
    },
    state: () => lab.store.states.get(`${service}/production`),
    slots: () =>
      [...lab.world.slots.keys()]
        .filter((k) => k.startsWith(`${service}/`))
        .map((k) => k.split('/')[2] ?? ''),
  };
}

/** The outcome a workflow ended with, as its result or the detail of its failure. */
export async function endedOf(handle: WorkflowHandle): Promise<Ended> {
  try {
    return (await handle.result()) as Ended;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    if (error.cause instanceof CancelledFailure) return { outcome: 'aborted', reason: 'canceled' };
    if (error.cause instanceof ApplicationFailure && error.cause.details?.[0] !== undefined)
      return error.cause.details[0] as Ended;
    throw error;
  }
}
