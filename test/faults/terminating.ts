import { afterAll, expect } from 'vitest';
import { faultLab, type FaultLab } from './lab.js';
import { CANARY, auditIsWhole, type Service } from './service.js';

/** The lab of a whole test file, which ends with it; whatever was ended by hand, the audit of all of it is whole. */
export async function labOfFile(): Promise<FaultLab> {
  const lab = await faultLab();
  afterAll(async () => {
    await auditIsWhole(lab);
    await lab.end();
  });
  return lab;
}

/** Phases long enough to be met in the middle. */
export const LONG = { strategy: { ...CANARY, stepDurationMs: 5_000 }, bakeMs: 5_000 } as const;

export type Phase = 'canary' | 'bake';
export const reached = (shop: Service, n: number, phase: Phase): Promise<void> =>
  phase === 'bake' ? shop.phase(n, (view) => view.phase === 'bake') : watching(shop, n, phase);
/** What it does now or did before. */
export const watching = (shop: Service, n: number, phase: string): Promise<void> =>
  shop.phase(n, (view) => view.timeline.some(({ what }) => what.startsWith(`watching ${phase}`)));

export const terminate = (shop: Service, of: Parameters<Service['workflow']>[0]): Promise<unknown> =>
  shop.workflow(of).terminate('by hand');

/** The lock is free: another run goes through, and then it alone serves. */
export async function nextShips(shop: Service, version: string): Promise<void> {
  expect(await shop.ship(version)).toMatchObject({ outcome: 'shipped' });
  await shop.serves(version);
}
