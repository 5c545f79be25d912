import { vi } from 'vitest';
import { FULL, type DeploymentPlan, type Share } from '../../src/domain/plan.js';
import type { Lab } from './lab.js';
import { deploymentPlan } from './plans.js';
import type { Story } from './story.js';

/** Ships dark, and turns the flag `checkout` on for a tenth of the users, then for all. */
export const DARK: DeploymentPlan = deploymentPlan({
  strategy: {
    ...{ kind: 'feature_flag', flag: 'checkout', variant: 'on' },
    ...{ steps: [1_000, FULL], stepDurationMs: 60_000 },
  },
  flags: [{ name: 'checkout', variants: { on: true, off: false }, off: 'off' }],
});

/** Of the users who have the flag on; `undefined`: it is off. */
export async function checkoutShare({ store }: Lab, { service }: Story): Promise<Share | undefined> {
  const target = { service, environment: 'production' };
  const [flag] = await store.flags.list(target, new AbortController().signal);
  return flag?.rule?.shares['on'];
}

/**
 * Of the users who have the flag on, at each split from now on. Until the first, turning it off takes its time; `vi.restoreAllMocks()` ends
 * that.
 */
export function flagAtSplits(lab: Lab, shop: Story): readonly (Share | undefined)[] {
  const [{ router }, { flags }] = [lab.world, lab.store];
  const [split, set] = [router.split.bind(router), flags.set.bind(flags)];
  const seen: (Share | undefined)[] = [];
  vi.spyOn(router, 'split').mockImplementation(async (...of) => {
    seen.push(await checkoutShare(lab, shop));
    await split(...of);
  });
  vi.spyOn(flags, 'set').mockImplementation(async (...of) => {
    await vi.waitUntil(() => seen.length > 0, { timeout: 300 }).catch(() => undefined);
    await set(...of);
  });
  return seen;
}
