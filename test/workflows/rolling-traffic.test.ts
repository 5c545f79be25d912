import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { deploymentId } from '../../src/domain/ids.js';
import type { DeploymentInput } from '../../src/domain/inputs.js';
import { FULL, type DeploymentPlan } from '../../src/domain/plan.js';
import type { Router } from '../../src/domain/ports.js';
import { idleSlot, newTarget, type Live } from '../../src/domain/target.js';
import { load } from '../gateway/load.js';
import { haproxy, without } from '../e2e/system.js';
import { TARGET, never } from '../../src/testing/world.js';
import type { deployment } from '../../workflows/index.js';
import { admitRow, permitOf, rowOf } from '../support/admitted.js';
import { gatewayProcess } from '../support/gateway-process.js';
import { haproxyProcess } from '../support/haproxy-process.js';
import { HOST, labOfFile } from '../support/lab.js';
import { deploymentPlan } from '../support/plans.js';
import { processWorld } from '../support/process-world.js';
import { endedOf } from '../support/story.js';

/** Real instances behind a real router, under load on kept connections and new ones; only the watch is told what it sees. */
const processes = await processWorld();
const routing: { router?: Router } = {};
const router = new Proxy({} as Router, {
  get: (_, method) => Reflect.get(routing.router ?? {}, method) as unknown,
});
const lab = await labOfFile('shared', { provider: processes.provider, router });
afterAll(() => processes.end());
afterEach(() => {
  lab.watching = () => undefined;
});

const PER_SECOND = 150;
const plan = (): DeploymentPlan =>
  deploymentPlan({
    configuration: {
      ...processes.configuration({ replicas: 4 }),
      environment: { COUNTER: processes.counter },
    },
    strategy: { kind: 'rolling', batchSize: 2, pauseMs: 1_000, onBadBatch: 'roll_back' },
    smokeTest: { path: '/ready', expectStatus: 200, timeoutMs: 5_000 },
    drainTimeoutMs: 10_000,
  });

async function rolled(n: number, version: string, replaces: Live) {
  const release = await processes.release(version);
  const row = rowOf(TARGET, n, { release, plan: plan(), replaces: replaces.release });
  const candidate = idleSlot(replaces);
  const input: DeploymentInput = { ...row, candidate, replaces, host: HOST };
  await admitRow(lab.store, row, permitOf(row, { candidate, replaces }));
  const handle = await lab.client.workflow.start<typeof deployment>('deployment', {
    ...{ workflowId: input.id, taskQueue: 'control', args: [input] },
  });
  return endedOf(handle);
}

describe.each([
  ['gateway', gatewayProcess, false],
  ['haproxy', haproxyProcess, without(haproxy)],
] as const)('%s', (name, make, left) => {
  describe.skipIf(left)('no request fails', () => {
    let harness: Awaited<ReturnType<typeof make>>;
    beforeAll(async () => {
      harness = await make();
      routing.router = harness.router;
    });
    afterAll(() => harness.end());

    test('while instances are replaced batch by batch, nor when a bad release goes back from between', async () => {
      const first = name === 'gateway' ? 1 : 11;
      const release = await processes.release(`${name}-1`);
      const { configuration, userKey } = plan();
      const v1: Live = {
        release,
        slot: 'blue',
        configuration,
        deployment: deploymentId(TARGET, first),
        since: '',
      };
      const all = await processes.provider.ensure(TARGET, 'blue', release, configuration, never);
      const { address } = await router.open(TARGET, undefined, never);
      await router.admit(
        TARGET,
        'blue',
        release.digest,
        all.map((i) => i.url),
        never,
      );
      await router.split(
        TARGET,
        { shares: { blue: FULL }, candidate: 'blue', salt: 'first', userKey },
        never,
      );
      const before = (await lab.store.targets.load(TARGET)) ?? newTarget(TARGET);
      await lab.store.targets.save({ ...before, live: v1, host: HOST });

      const running = load(address, PER_SECOND, '/version');
      expect(await rolled(first + 1, `${name}-2`, v1)).toMatchObject({ outcome: 'shipped' });
      const v2 = { ...v1, release: await processes.release(`${name}-2`), slot: 'green' } as const;
      lab.watching = (w) =>
        w.phase === 'rolling 2 of 4' ? { verdict: { kind: 'fail', reason: 'errors' } } : undefined;
      expect(await rolled(first + 2, `${name}-3`, v2)).toMatchObject({ outcome: 'rolled_back' });
      const { failures, byName, sent } = await running.stop();
      expect(failures).toEqual([]);
      expect(sent).toBeGreaterThan(200);
      expect(Object.keys(byName).sort()).toEqual([1, 2, 3].map((n) => `${name}-${String(n)}`));
      const seen = await processes.provider.observe(TARGET, never);
      expect(seen.map((s) => [s.version, s.instances.length])).toEqual([[`${name}-2`, 4]]);
      await processes.provider.remove(TARGET, 'green', never);
    });
  });
});
