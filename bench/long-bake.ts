import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { HostDeps } from '../activities/deps.js';
import { createEffectActivities, type Activities } from '../activities/index.js';
import { localArtifacts } from '../src/adapters/artifacts/local.js';
import { ageSecrets } from '../src/adapters/secrets/age.js';
import { deploymentId, effectQueues, type TargetRef } from '../src/domain/ids.js';
import { watchLoop } from '../src/domain/watch-loop.js';
import { workerSettings } from '../src/settings.js';
import { openStore } from '../src/store/open.js';
import { effectDeps } from '../src/worker/effects.js';
import { startFleet, type Fleet } from './fleet.js';
import { quietRuntime } from './lab.js';
import type { Row } from './measure.js';
import { deploymentOf, shippingPlan } from './plans.js';

const HOST = 'bench';
const DAY_MS = 86_400_000;
const SHOP: TargetRef = { service: 'shop', environment: 'production' };

/**
 * A bake of a day, looked at every ten seconds: what it adds to the deployment's history. The watch's clock is simulated, as its loop allows;
 * the workflows, the store that keeps each sample, the probes and the gateway's counters are real.
 */
export async function longBake(): Promise<readonly Row[]> {
  const fleet = await startFleet({ SHIPWAY_HOST_ID: HOST });
  let host: Awaited<ReturnType<typeof hostOf>> | undefined;
  try {
    // It makes the tables.
    await fleet.worker('--role', 'control,watch,stage');
    host = await hostOf(fleet);
    await fleet.begin(shippingPlan(SHOP, 'v1', fleet.commit, deploymentOf(fleet.folder, { bakeMs: DAY_MS })));
    await fleet.seen(SHOP, 1, ({ outcome }) => outcome === 'shipped');
    const handle = fleet.client.temporal.workflow.getHandle(deploymentId(SHOP, 1));
    const events = (await handle.fetchHistory()).events?.length ?? 0;
    const looks = host.looks();
    if (looks < DAY_MS / 10_000) throw new Error(`the bake was looked at ${String(looks)} times only`);
    return [
      {
        ...{
          name: 'a deployment with a bake of 24 h at 10 s, history events',
          value: events,
          unit: 'events',
        },
        ...{ budget: 60, better: 'less', detail: `all of it, with ${String(looks)} looks` },
      },
    ];
  } finally {
    await host?.stop();
    await fleet.stop();
  }
}

/** What a worker of a host polls, with the watch on a clock of its own. */
async function hostOf({ env, servers }: Fleet) {
  quietRuntime();
  const settings = workerSettings(env, ['host'], 1);
  const store = await openStore({ url: servers.databaseUrl });
  const artifacts = localArtifacts({ directory: settings.artifactDir });
  const secrets = ageSecrets({
    directory: settings.secretsDir,
    identityFile: join(settings.secretsDir, 'none'),
  });
  const deps = effectDeps({ settings, artifacts, secrets }, store);
  const watching = simulatedWatch(deps);
  const connection = await NativeConnection.connect({ address: servers.temporal.address });
  const queues = effectQueues(HOST);
  const workers = await Promise.all([
    Worker.create({ connection, taskQueue: queues.effects, activities: createEffectActivities(deps) }),
    Worker.create({ connection, taskQueue: queues.watch, activities: { watch: watching.watch } }),
  ]);
  const runs = workers.map((worker) => worker.run());
  return {
    looks: watching.looks,
    stop: async (): Promise<void> => {
      for (const worker of workers) worker.shutdown();
      await Promise.all(runs);
      await connection.close();
      await store.close();
    },
  };
}

/** Sleeping takes no time; each look is a real one. */
function simulatedWatch(deps: HostDeps): { looks: () => number; watch: Activities['watch'] } {
  let looks = 0;
  return {
    looks: () => looks,
    watch: (input) => {
      const context = Context.current();
      const { cancellationSignal: signal } = context;
      let now = input.from;
      return watchLoop(input, {
        now: () => now,
        sleep: (ms) => Promise.resolve(void (now += ms)),
        interrupted: () => signal.aborted,
        observe: async () => {
          looks += 1;
          const health = await deps.provider.health(input, input.candidate.slot, input.liveness, signal);
          return { at: now, counters: (await deps.metrics.sample(input, signal)).counters, health };
        },
        keep: (samples) => deps.store.samples.add(samples),
        beat: (beat) => {
          context.heartbeat(beat);
        },
      });
    },
  };
}
