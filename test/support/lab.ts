import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import {
  createControlActivities,
  createEffectActivities,
  createTriggerActivities,
  createWaitingActivities,
} from '../../activities/index.js';
import { afterAll, beforeEach } from 'vitest';
import type { EffectDeps } from '../../activities/deps.js';
import { askTarget } from '../../activities/targets.js';
import { allFailing } from '../../activities/failure.js';
import type { Extensions } from '../../src/domain/adapters.js';
import { QUEUES, effectQueues, pipelineId, targetId } from '../../src/domain/ids.js';
import { MESSAGES } from '../../src/domain/messages.js';
import type { PipelineInput } from '../../src/domain/inputs.js';
import type { Policy } from '../../src/domain/policy.js';
import type { Verb } from '../../src/domain/statement.js';
import type { StrategyFunction } from '../../src/domain/strategy.js';
import type { RunView } from '../../src/domain/view.js';
import type { DeployRequest, TargetAnswer } from '../../src/domain/target.js';
import type { WatchInput, WatchResult } from '../../src/domain/watching.js';
import type { pipeline } from '../../workflows/index.js';
import './runtime.js';
import { activityOf } from './activity.js';
import { runOf } from './admitted.js';
import { memoryArtifacts, type MemoryArtifacts } from './memory-artifacts.js';
import { memorySecrets } from './memory-secrets.js';
import { memoryStore, type MemoryStore } from './memory-store.js';
import { statement } from './plans.js';
import { openWorkflows } from './open-workflows.js';
import { LAB_SERVERS } from './lab-servers.js';
import { workflowBundle } from './servers.js';
import { cancelled, fakeStages, fakeWatch } from './fake-commands.js';
import { fakeTriggers, triggerDeps, type FakeTriggers } from './fake-triggers.js';
import { fakeWorld, type FakeWorld } from './fake-world.js';

export const HOST = 'test-host';
export const POLICY: Policy = {
  environments: {
    production: {
      identity: 'asserted',
      approvals: {
        requiredApprovals: 1,
        expiresAfterMs: 86_400_000,
        selfApproval: false,
        onBaseChanged: 'ask_again',
      },
    },
    strict: {
      identity: 'asserted',
      approvals: {
        ...{ requiredApprovals: 1, expiresAfterMs: 86_400_000 },
        ...{ selfApproval: false, onBaseChanged: 'fail' },
      },
    },
    staging: {
      identity: 'asserted',
      approvals: {
        requiredApprovals: 0,
        expiresAfterMs: 86_400_000,
        selfApproval: false,
        onBaseChanged: 'ask_again',
      },
    },
  },
};

/** What users would have added; its strategy does what it is given. */
const OWN = {
  metrics: { text: { sample: () => Promise.reject(new Error('unused')) } },
  strategies: { given: (facts) => facts.with['steps'] as never },
} satisfies Extensions;

/** Scripted answers of the watch, by phase; what is not scripted passes after the phase's time. */
export type WatchScript = (input: WatchInput) => Scripted | Promise<Scripted>;
type Scripted = Partial<WatchResult> | 'until interrupted' | undefined;

export interface Lab {
  readonly env: TestWorkflowEnvironment;
  /**
   * Lets no time pass but the real one; on a server for that `env.sleep` skips some. Waiting for an end on `env.client` skips until it is told
   * of that end: to the expiry of others' gates or, when nothing else is left, over the ten years after which the server ends a target.
   */
  readonly client: Client;
  readonly store: MemoryStore;
  readonly artifacts: MemoryArtifacts;
  readonly world: FakeWorld;
  /** What triggers find. */
  readonly triggers: FakeTriggers;
  /** What control workers were given. */
  readonly strategies: Record<string, StrategyFunction>;
  watching: WatchScript;
  /** The policy that rules. */
  policy: Policy;
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

/** The lab of a whole test file, which ends with it. */
export async function labOfFile(
  server: keyof typeof LAB_SERVERS = 'shared',
  over?: Partial<EffectDeps>,
): Promise<Lab> {
  const lab = await createLab(server, over);
  beforeEach(({ onTestFailed, task }) => {
    onTestFailed(async () => {
      process.stderr.write(`open when “${task.name}” failed:\n${await openWorkflows(lab.client)}\n`);
    });
  });
  afterAll(async () => {
    await lab.stop();
    lab.world.close();
  });
  return lab;
}

/** All workflows with all decisions as they are; world, commands, watching and store are typed fakes, but for what is given `over` them. */
async function createLab(server: keyof typeof LAB_SERVERS, over: Partial<EffectDeps> = {}): Promise<Lab> {
  const env = await LAB_SERVERS[server]();
  const store = memoryStore();
  const world = fakeWorld();
  const lab = labOf(env, store, world);
  const policy = () => Promise.resolve(lab.policy);
  const secrets = memorySecrets();
  const { client, artifacts } = lab;
  const control = { store, client, artifacts, secrets, policy, host: HOST, strategies: lab.strategies };
  lab.artifacts.keep('source');
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
    Worker.create({
      ...common,
      taskQueue: QUEUES.watch,
      activities: {
        ...createWaitingActivities(control),
        ...createTriggerActivities(triggerDeps(lab.triggers, control)),
      },
    }),
    Worker.create({
      ...common,
      taskQueue: queues.effects,
      activities: createEffectActivities({
        store,
        artifacts: lab.artifacts,
        ...world,
        metrics: { sample: () => Promise.reject(new Error('unused')) },
        extensions: OWN,
        ...over,
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
  const client = new Client({ connection: env.connection, namespace: env.namespace ?? 'default' });
  const handleOf = (input: PipelineInput) =>
    client.workflow.getHandle<typeof pipeline>(pipelineId(input.plan.service, input.run));
  const lab: Lab = {
    env,
    client,
    store,
    artifacts: memoryArtifacts(),
    world,
    triggers: fakeTriggers(),
    strategies: { ...OWN.strategies },
    watching: () => undefined,
    policy: POLICY,
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
      client.workflow.start<typeof pipeline>('pipeline', {
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
      await runOf(client, store, request);
      const activity = activityOf(request.pipeline, { activityId: randomUUID() });
      return activity.run(askTarget({ client }), request);
    },
    stop: () => Promise.resolve(),
  };
  return lab;
}

export const targetHandle = (lab: Lab) =>
  lab.client.workflow.getHandle(targetId({ service: 'shop', environment: 'production' }));
