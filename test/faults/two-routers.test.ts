import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FULL } from '../../src/domain/plan.js';
import type { WatchPlan } from '../../src/domain/watch-plan.js';
import { haproxy, nginx, without } from '../e2e/system.js';
import { pairProcess, type PairProcess } from '../support/pair-process.js';
import { rollback } from './going-back.js';
import { faultLab, type FaultLab } from './lab.js';
import { haproxySays, nginxSays, servedBy, sharesOf, type Reached } from './routed.js';
import { addressesOf, placeOf, placeOfNginx } from './routed-lab.js';
import { CANARY, ERRORS, HALF, auditIsWhole, service, type Service } from './service.js';
import type { Fault } from './worker-process.js';

const [BLUE, GREEN] = [{ blue: FULL }, { green: FULL }];
const WATCH: WatchPlan = {
  ...{ ...ERRORS, triggers: { healthCheckFailures: { threshold: 3, windowMs: 60_000 } } },
  ...{ onInconclusive: 'continue', onUnavailable: 'continue' },
};
const AS = { router: 'haproxy+nginx', watch: WATCH } as const;

describe.skipIf(without(haproxy) || without(nginx))('on a real HAProxy and a real nginx', () => {
  let pair: PairProcess;
  let lab: FaultLab;
  let shop: Service;
  /** At each death: slots with users, as the two have it and their users meet it. */
  const seen: (readonly [fault: string, ...shares: object[]])[] = [];
  const reached = async (): Promise<readonly Reached[]> => {
    const says = [haproxySays(pair.haproxy), nginxSays(pair.nginx)];
    const addresses = await addressesOf(lab, shop);
    return says.map((look, i) => ({ says: look, address: addresses[i] ?? '' }));
  };
  const shares = async () => Promise.all((await reached()).map((one) => sharesOf(one, shop)));
  /** HAProxy has done it, and nginx, which is told after it or at the same time, is about to write it down. */
  const between = (name: string, wanted: object, at: string): Fault => ({
    ...{ name, moment: 'before', writes: `${pair.nginx.folder}/shipway.json` },
    texts: [`"shares":${JSON.stringify(wanted)}`, `"candidate":"${at.split('|')[0] ?? ''}"`],
    once: [`${pair.haproxy.folder}/shipway.map`, at],
  });
  beforeAll(async () => {
    pair = await pairProcess();
    const { haproxy, nginx } = pair;
    lab = await faultLab({
      staging: placeOf(haproxy) + placeOfNginx(nginx),
      faults: [
        between('a step', HALF, 'green|5000|'),
        between('the last step', { blue: 0, ...GREEN }, 'green|10000|'),
        between('the way back', { blue: 0, ...GREEN }, 'blue|0|'),
      ],
      died: async (fault) => void seen.push([fault, ...(await shares())]),
    });
    shop = service(lab, 'two');
  }, 120_000);
  afterAll(async () => {
    await lab.end();
    await pair.end();
  });

  test('the worker killed when one of two routers has been changed and the other has not, forward and back: both come to the same', async () => {
    expect(await shop.ship('v1', AS)).toMatchObject({ outcome: 'shipped' });
    expect(await shares()).toEqual([BLUE, BLUE]);
    await lab.worker.arm();
    expect(await shop.ship('v2', { ...AS, strategy: CANARY })).toMatchObject({ outcome: 'shipped' });
    await servedBy(await reached(), { lab, shop, version: 'v2' });

    const strategy = { ...CANARY, stepDurationMs: 60_000 };
    const run = await shop.begin('v3', { ...AS, strategy });
    await shop.phase(3, (view) => view.timeline.some(({ what }) => what.startsWith('watching canary')));
    expect(await rollback(lab, shop)).toMatchObject({ status: 'running' });
    expect(await shop.ended(run)).toMatchObject({ outcome: 'rolled_back' });
    await servedBy(await reached(), { lab, shop, version: 'v2' });
    expect(await shop.starts()).toEqual({ v1: 1, v2: 1, v3: 1 });
    // Each death was between the two.
    expect(seen).toEqual([
      ['a step', HALF, BLUE],
      ['the last step', GREEN, HALF],
      ['the way back', GREEN, HALF],
    ]);
    await auditIsWhole(lab);
  }, 240_000);
});
