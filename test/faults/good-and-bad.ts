import { join } from 'node:path';
import { expect } from 'vitest';
import type { FaultLab } from './lab.js';
import { CANARY, ERRORS, service, type Service } from './service.js';

/** Two services in the canary of their v2, of which one turns bad as soon as the file `badWhile` is there. */
export async function goodAndBad(lab: FaultLab) {
  const [good, bad] = [service(lab, 'good'), service(lab, 'bad')];
  const badWhile = join(lab.folder, 'bad');
  const shipped = await Promise.all([good.ship('v1'), bad.ship('v1')]);
  expect(shipped.map((s) => s.outcome)).toEqual(['shipped', 'shipped']);
  const before = await bad.instances();
  const [goodRun, badRun] = await Promise.all([
    good.begin('v2', { strategy: { ...CANARY, stepDurationMs: 2_000 } }),
    bad.begin('v2', { strategy: { ...CANARY, stepDurationMs: 60_000 }, badWhile, watch: ERRORS }),
  ]);
  await Promise.all([inCanary(good), inCanary(bad)]);
  return {
    ...{ good, bad, badWhile, goodRun, badRun },
    /** The good one serves its v2 and the bad one its v1, and nothing was started twice. */
    endedAsTheyAre: async (): Promise<void> => {
      await Promise.all([good.serves('v2'), bad.serves('v1')]);
      expect(await bad.instances()).toEqual(before);
      expect([await good.starts(), await bad.starts()]).toEqual([
        { v1: 1, v2: 1 },
        { v1: 1, v2: 1 },
      ]);
    },
  };
}

const inCanary = (shop: Service): Promise<void> =>
  shop.phase(2, (view) => view.timeline.some(({ what }) => what.startsWith('watching canary')));
