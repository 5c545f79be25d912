import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { FaultLab } from './lab.js';
import { CANARY, ERRORS, service, type Service } from './service.js';

/**
 * Two services in the canary of their v2, of which one turns bad as soon as the file `badWhile` is there. The good one's has a step of
 * `stepDurationMs`.
 */
export async function goodAndBad(lab: FaultLab, stepDurationMs = 2_000) {
  const [good, bad] = [service(lab, 'good'), service(lab, 'bad')];
  const badWhile = join(lab.folder, 'bad');
  const shipped = await Promise.all([good.ship('v1'), bad.ship('v1')]);
  expect(shipped.map((s) => s.outcome)).toEqual(['shipped', 'shipped']);
  const before = await bad.instances();
  const [goodRun, badRun] = await Promise.all([
    good.begin('v2', { strategy: { ...CANARY, stepDurationMs } }),
    bad.begin('v2', { strategy: { ...CANARY, stepDurationMs: 60_000 }, badWhile, watch: ERRORS }),
  ]);
  await Promise.all([inCanary(good), inCanary(bad)]);
  return {
    ...{ good, bad, badWhile, goodRun, badRun },
    /** The good one serves its v2 and the bad one its v1, and nothing was started twice. */
    endedAsTheyAre: async (): Promise<void> => {
      await Promise.all([good.serves('v2'), bad.serves('v1')]);
      expect(await bad.instances()).toEqual(before);
      const each = { v1: 1, v2: 1 };
      expect([await good.starts(), await bad.starts()], await outputs(lab)).toEqual([each, each]);
    },
  };
}

export const inCanary = (shop: Service): Promise<void> =>
  shop.phase(2, (view) => view.timeline.some(({ what }) => what.startsWith('watching canary')));

/** What the worker and every instance have said: why one was started again is in there and nowhere else. */
async function outputs({ stateDir, worker }: FaultLab): Promise<string> {
  const root = join(stateDir, 'instances');
  const logs = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.log'));
  const said = logs.map(async (name) => `${name}: ${await readFile(join(root, name), 'utf8')}`);
  return [...(await Promise.all(said)), `worker: ${await worker.log()}`].join('\n');
}
