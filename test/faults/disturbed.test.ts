import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeDeployment } from '../../src/client/deployments.js';
import { deploymentId } from '../../src/domain/ids.js';
import type { DeploymentView } from '../../src/domain/view.js';
import { haproxy, nginx, prometheus, without } from '../e2e/system.js';
import { until } from '../gateway/lab.js';
import { inCanary } from './good-and-bad.js';
import type { FaultLab } from './lab.js';
import { servedBy, sharesOf } from './routed.js';
import { routedLab, servedAs, servedFirst, type RoutedLab } from './routed-lab.js';
import { CANARY, HALF, auditIsWhole, service, type Service } from './service.js';

/** Far below the time for which Prometheus is silent. */
const STALE_AFTER_MS = 5_000;
const STEP_MS = 12_000;
const strategy = { ...CANARY, stepDurationMs: STEP_MS };

describe.skipIf(without(haproxy) || without(prometheus))(
  'a canary on a real router and by Prometheus',
  () => {
    let routed: RoutedLab;
    let lab: FaultLab;
    beforeAll(async () => {
      routed = await routedLab(`${String(STALE_AFTER_MS)}ms`);
      ({ lab } = routed);
    }, 120_000);
    afterAll(() => routed.end());

    /** What `shipway status` shows. */
    const viewOf = async ({ name }: Service): Promise<DeploymentView | undefined> => {
      const id = deploymentId({ service: name, environment: 'staging' }, 2);
      return (await describeDeployment(lab.client.temporal, id))?.view;
    };

    for (const [router, program] of [
      ['haproxy', haproxy],
      ['nginx', nginx],
    ] as const)
      test.skipIf(without(program))(
        `${router} reloaded by others, killed and started again amid it: its users keep their shares, and it ships`,
        async () => {
          const shop = service(lab, `rough-${router}`);
          expect(await shop.ship('v1', servedFirst(router))).toMatchObject({ outcome: 'shipped' });
          const [one] = await routed.reached(shop, router);
          if (one === undefined) throw new Error('it has no address');
          const traffic = await routed.usersOf(shop);
          try {
            const run = await shop.begin('v2', { ...servedAs(router), strategy });
            await inCanary(shop);
            await routed[router]?.reload();
            expect(await sharesOf(one, shop)).toEqual(HALF);
            await routed[router]?.restart();
            expect(await sharesOf(one, shop)).toEqual(HALF);
            expect(await shop.ended(run)).toMatchObject({ outcome: 'shipped' });
            await servedBy([one], { lab, shop, version: 'v2' });
            expect(await shop.starts()).toEqual({ v1: 1, v2: 1 });
          } finally {
            await traffic.stop();
          }
        },
        240_000,
      );

    /** Amid its canary, of a v2 that is bad once the file is there. */
    const amid = async (name: string) => {
      const [shop, badWhile] = [service(lab, name), join(lab.folder, name)];
      expect(await shop.ship('v1', servedFirst('haproxy'))).toMatchObject({ outcome: 'shipped' });
      const [one] = await routed.reached(shop);
      if (one === undefined) throw new Error('it has no address');
      const traffic = await routed.usersOf(shop);
      const run = await shop.begin('v2', { ...servedAs('haproxy'), strategy, badWhile });
      await inCanary(shop);
      return { shop, one, traffic, run, turnBad: () => writeFile(badWhile, '') };
    };
    /** Longer than what was scraped says anything, and than the step: it holds, says so, and its users stay where they are. */
    const holds = async ({ shop, one }: Awaited<ReturnType<typeof amid>>): Promise<void> => {
      const { nextAt = NaN } = (await viewOf(shop)) ?? {};
      await until(async () => (await viewOf(shop))?.verdict?.kind === 'unavailable', 30_000, 100);
      await sleep(Math.max(nextAt - Date.now(), 0) + STALE_AFTER_MS);
      const { verdict, phase, timeline = [] } = (await viewOf(shop)) ?? {};
      expect({ verdict, phase }).toMatchObject({ verdict: { kind: 'unavailable' }, phase: 'shift' });
      expect(timeline.at(-1)?.what).toMatch(/^watching canary/);
      expect(await sharesOf(one, shop)).toEqual(HALF);
    };

    test('Prometheus silent through the end of its step: it holds and says so; then a good one ships and a bad one goes back', async () => {
      const both = await Promise.all([amid('seen-good'), amid('seen-bad')]);
      const [good, bad] = both;
      try {
        await routed.source.silentWhile(async () => {
          await bad.turnBad();
          await Promise.all(both.map(holds));
        });
        expect(await good.shop.ended(good.run)).toMatchObject({ outcome: 'shipped' });
        const ended = await bad.shop.ended(bad.run);
        expect(ended).toMatchObject({ outcome: 'rolled_back' });
        expect(ended.reason).toContain('error rate');
        await servedBy([good.one], { lab, shop: good.shop, version: 'v2' });
        await servedBy([bad.one], { lab, shop: bad.shop, version: 'v1' });
        expect([await good.shop.starts(), await bad.shop.starts()]).toEqual(Array(2).fill({ v1: 1, v2: 1 }));
      } finally {
        await Promise.all(both.map(({ traffic }) => traffic.stop()));
      }
    }, 240_000);

    test('the audit of all that', () => auditIsWhole(lab));
  },
);
