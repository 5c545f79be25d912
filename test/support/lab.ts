import { randomUUID } from 'node:crypto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Context } from '@temporalio/activity';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import {
  createControlActivities,
  createEffectActivities,
  createWaitingActivities,
  type Activities,
} from '../../activities/index.js';
import { afterAll } from 'vitest';
import { askTarget } from '../../activities/targets.js';
import { allFailing } from '../../activities/failure.js';
import { QUEUES, effectQueues, pipelineId, targetId } from '../../src/domain/ids.js';
import { MESSAGES } from '../../src/domain/messages.js';
import type { PipelineInput } from '../../src/domain/inputs.js';
import type { Policy } from '../../src/domain/policy.js';
import type { Verb } from '../../src/domain/statement.js';
import type { RunView } from '../../src/domain/view.js';
import type { DeployRequest, TargetAnswer } from '../../src/domain/target.js';
import type { WatchInput, WatchResult } from '../../src/domain/watching.js';
import { sha256 } from '../../src/hash.js';
import type { pipeline } from '../../workflows/index.js';
import { addSearchAttributes } from '../../src/worker/search-attributes.js';
import { activityOf } from './activity.js';
import { runOf } from './admitted.js';
import { memoryStore, type MemoryStore } from './memory-store.js';
import { statement } from './plans.js';
import { freshNamespace, temporalAddress, timeSkippingServerPath, workflowBundle } from './servers.js';
import { fakeWorld, type FakeWorld } from './fake-world.js';

export const HOST = 'test-host';
export const POLICY: Policy = {
  environments: {
    production: {
      identity: 'asserted',
      approvals: { requiredApprovals: 1, expiresAfterMs: 86_400_000, selfApproval: false },
    },
    staging: {
      identity: 'asserted',
      approvals: { requiredApprovals: 0, expiresAfterMs: 86_400_000, selfApproval: false },
    },
  },
};

/** Scripted answers of the watch, by phase; what is not scripted passes after the phase's time. */
export type WatchScript = (input: WatchInput) => Scripted | Promise<Scripted>;
type Scripted = Partial<WatchResult> | 'until interrupted' | undefined;

export interface Lab {
  readonly env: TestWorkflowEnvironment;
  readonly store: MemoryStore;
  readonly world: FakeWorld;
  watching: WatchScript;
  staging: (stage: string, attempt: number) => Promise<void>;
  /** Makes the named stage run until it is cancelled; resolves when it has begun. */
  stallStage(stage: string): Promise<void>;
  readonly watched: WatchInput[];
  start(
    input: PipelineInput,
  ): Promise<Awaited<ReturnType<TestWorkflowEnvironment['client']['workflow']['start']>>>;
  view(input: PipelineInput): Promise<RunView>;
  until<T>(look: () => Promise<T | undefined>, what: string, withinMs?: number): Promise<T>;
  answer(input: PipelineInput, person: string, verb?: Verb): Promise<{ status: string; message: string }>;
  /** Asks a target as a pipeline does, starting it if it does not live. */
  ask(request: DeployRequest): Promise<TargetAnswer>;
  readonly stop: () => Promise<void>;
}

Runtime.install({ logger: new DefaultLogger('ERROR') });

async function timeSkippingServer(): Promise<TestWorkflowEnvironment> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: timeSkippingServerPath() } },
  });
  await addSearchAttributes(env.connection, env.namespace ?? 'default');
  return env;
}

/** For what the time-skipping server does not do: it tells no parent that its child was terminated, and asks nobody to continue as new. */
const realServer = async (): Promise<TestWorkflowEnvironment> =>
  TestWorkflowEnvironment.createFromExistingServer({
    address: temporalAddress(),
    namespace: await freshNamespace(),
  });

/** The lab of a whole test file, which ends with it. */
export async function labOfFile(server?: 'time skipping' | 'real'): Promise<Lab> {
  const lab = await createLab(server);
  afterAll(async () => {
    await lab.stop();
    lab.world.close();
  });
  return lab;
}

/** All workflows with all decisions as they are, on the time-skipping server; world, commands, watching and store are typed fakes. */
async function createLab(server: 'time skipping' | 'real' = 'time skipping'): Promise<Lab> {
  const env = await (server === 'real' ? realServer() : timeSkippingServer());
  const store = memoryStore();
  const world = fakeWorld();
  const lab = labOf(env, store, world);
  const control = { store, client: env.client, policy: () => Promise.resolve(POLICY), host: HOST };
  const queues = effectQueues(HOST);
  const common = {
    connection: env.nativeConnection,
    namespace: env.namespace ?? 'default',
    maxHeartbeatThrottleInterval: '200ms',
  } as const;
  const workers = await Promise.all([
    Worker.create({
      ...common,
      taskQueue: QUEUES.control,
      workflowBundle: workflowBundle(),
      activities: createControlActivities(control),
    }),
    Worker.create({ ...common, taskQueue: QUEUES.watch, activities: createWaitingActivities(control) }),
    Worker.create({
      ...common,
      taskQueue: queues.effects,
      activities: createEffectActivities({
        store,
        ...world,
        metrics: { sample: () => Promise.resolve({ at: Date.now(), counters: [] }) },
      }),
    }),
    Worker.create({ ...common, taskQueue: queues.watch, activities: allFailing({ watch: fakeWatch(lab) }) }),
    Worker.create({ ...common, taskQueue: QUEUES.stage, activities: allFailing(fakeStages(lab)) }),
  ]);
  const running = workers.map((w) => w.run());
  return Object.assign(lab, {
    stop: async () => {
      for (const w of workers) w.shutdown();
      await Promise.all(running);
      await env.teardown();
    },
  });
}

function labOf(env: TestWorkflowEnvironment, store: MemoryStore, world: FakeWorld): Lab {
  const handleOf = (input: PipelineInput) =>
    env.client.workflow.getHandle<typeof pipeline>(pipelineId(input.plan.service, input.run));
  const lab: Lab = {
    env,
    store,
    world,
    watching: () => undefined,
    staging: () => Promise.resolve(),
    stallStage: (stalled) =>
      new Promise((begun) => {
        lab.staging = async (stage) => {
          if (stage !== stalled) return;
          begun();
          await cancelled();
        };
      }),
    watched: [],
    start: (input) =>
      env.client.workflow.start<typeof pipeline>('pipeline', {
        workflowId: pipelineId(input.plan.service, input.run),
        taskQueue: QUEUES.control,
        args: [input],
      }),
    view: (input) => handleOf(input).query<RunView>(MESSAGES.view),
    async until(look, what, withinMs = 10_000) {
      const end = performance.now() + withinMs;
      while (performance.now() < end) {
        const found = await look();
        if (found !== undefined) return found;
        await new Promise((r) => setTimeout(r, 25));
      }
      throw new Error(`waited in vain for ${what}`);
    },
    async answer(input, person, verb = 'approve') {
      const waiting = await lab.until(async () => (await lab.view(input)).waitingFor, 'a gate');
      return handleOf(input).executeUpdate(verb, { args: [statement(person, verb, waiting.decision ?? '')] });
    },
    ask: async (request) => {
      await runOf(env.client, store, request);
      const activity = activityOf(request.pipeline, { activityId: randomUUID() });
      return activity.run(askTarget({ client: env.client }), request);
    },
    stop: () => Promise.resolve(),
  };
  return lab;
}

/** What `body` gives, or a rejection when the activity is cancelled; beats meanwhile, else it would not be told. */
async function orCancelled<T>(body: Promise<T>): Promise<T> {
  const beat = setInterval(() => {
    Context.current().heartbeat();
  }, 100);
  try {
    return await Promise.race([body, Context.current().cancelled]);
  } finally {
    clearInterval(beat);
  }
}
const cancelled = (): Promise<never> => orCancelled(new Promise<never>(() => undefined));

const fakeWatch =
  (lab: Lab): Activities['watch'] =>
  async (input) => {
    lab.watched.push(input);
    const said = (await orCancelled(Promise.resolve(lab.watching(input)))) ?? {};
    if (said === 'until interrupted') {
      await cancelled().catch(() => undefined);
      return {
        verdict: { kind: 'inconclusive', reason: 'interrupted' },
        interrupted: true,
        evidence: input.evidence,
      };
    }
    return {
      verdict: { kind: 'pass', reason: 'as scripted' },
      interrupted: false,
      evidence: input.evidence,
      ...said,
    };
  };

const fakeStages = (lab: Lab): Pick<Activities, 'runStage' | 'runScan'> => ({
  async runStage(input) {
    await lab.staging(input.stage.name, input.attempt);
    const artifacts =
      input.stage.artifacts.length === 0
        ? {}
        : { artifacts: { stage: input.stage.name, digest: sha256(input.version), bytes: 1 } };
    return { outputBytes: 0, ...artifacts };
  },
  async runScan(input) {
    await lab.staging(input.stage.name, 1);
    return {
      findings: 0,
      evidence: { kind: 'scan', stage: input.stage.name, digest: sha256('scan'), summary: 'nothing found' },
    };
  },
});

export const targetHandle = (lab: Lab) =>
  lab.env.client.workflow.getHandle(targetId({ service: 'shop', environment: 'production' }));
