import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { deploymentId, pipelineId, targetId } from '../../src/domain/ids.js';
import type { PipelineInput } from '../../src/domain/inputs.js';
import type { Ended } from '../../src/domain/outcome.js';
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
  /** Waits until the n-th deployment says that it is in this phase. */
  readonly reaches: (n: number, phase: string) => Promise<void>;
  /** What the run says of its place in the queue, once it has one. */
  readonly queued: (input: PipelineInput) => Promise<string>;
  /** Waits until the run has nothing to do but to wait for its deployment, which has started. */
  readonly rests: (input: PipelineInput) => Promise<void>;
  /** Waits until the target has taken a message of this name. */
  readonly heard: (message: string, withinMs?: number) => Promise<void>;
  /** Waits until a watch of this phase of this service is under way. */
  readonly watching: (phase: string) => Promise<void>;
  readonly state: () => TargetState | undefined;
  /** Slots that have instances now. */
  readonly slots: () => string[];
  /** Slots that have users now. */
  readonly serving: () => string[];
}

export function story(lab: Lab, service: string): Story {
  const ref = { service, environment: 'production' };
  const client = lab.client.workflow;
  const target = () => client.getHandle(targetId(ref));
  const pipeline = (input: PipelineInput) => client.getHandle(pipelineId(service, input.run));
  const deployment = (n: number) => client.getHandle(deploymentId(ref, n));
  const seen = (n: number) => deployment(n).query<DeploymentView>(MESSAGES.view);
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
    seen,
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
    reaches: async (n, phase) => {
      const now = () => seen(n).then((view) => view.phase === phase || undefined);
      await lab.until(() => now().catch(() => undefined), phase);
    },
    queued: (input) =>
      lab.until(async () => {
        const note = (await lab.view(input)).stages.at(-1)?.note;
        return note?.startsWith('place') === true ? note : undefined;
      }, 'its place in the queue'),
    rests: async (input) => {
      const rests = async () => {
        const { events } = await pipeline(input).fetchHistory();
        const { raw } = await pipeline(input).describe();
        const told = events?.some((e) => e.workflowExecutionSignaledEventAttributes != null);
        return told === true && (raw.pendingActivities ?? []).length === 0;
      };
      await lab.until(async () => (await rests()) || undefined, 'the run to rest');
    },
    heard: async (message, withinMs) => {
      const taken = async () => {
        const { events } = await target().fetchHistory();
        const accepted = events?.map((e) => e.workflowExecutionUpdateAcceptedEventAttributes);
        return accepted?.some((a) => a?.acceptedRequest?.input?.name === message);
      };
      await lab.until(async () => (await taken()) || undefined, `${message}, taken`, withinMs);
    },
    state: () => lab.store.states.get(`${service}/production`),
    slots: () =>
      [...lab.world.slots.keys()]
        .filter((k) => k.startsWith(`${service}/`))
        .map((k) => k.split('/')[2] ?? ''),
    serving: () =>
      Object.entries(lab.world.routes.get(`${service}/production/`)?.shares ?? {})
        .filter(([, share]) => share > 0)
        .map(([slot]) => slot),
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
