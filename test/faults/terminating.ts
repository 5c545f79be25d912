import { expect } from 'vitest';
import { CANARY, type Service } from './service.js';

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
