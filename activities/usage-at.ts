import { RESOURCES } from '../src/domain/usage.js';
import type { Observation, WatchInput } from '../src/domain/watching.js';
import { ShipwayError } from '../src/errors.js';
import type { EffectDeps } from './deps.js';
import { sayOf } from './say-of.js';

/** What instances of both slots use at this look, where a trigger asks for it; where none does nobody is asked. Never throws. */
export async function usageAt(
  world: () => Promise<Pick<EffectDeps, 'provider'>>,
  input: WatchInput,
  signal: AbortSignal,
): Promise<Pick<Observation, 'usage'>> {
  const { plan, candidate, stable } = input;
  if (RESOURCES.every((resource) => plan.triggers[resource] === undefined)) return {};
  try {
    const { provider } = await world();
    const slots = [candidate.slot, ...(stable === undefined ? [] : [stable.slot])];
    const used = slots.map(async (slot) => {
      if (provider.usage === undefined)
        throw new ShipwayError('provider.unavailable', 'this provider does not say what instances use');
      return [slot, await provider.usage(input, slot, signal)] as const;
    });
    return { usage: { slots: Object.fromEntries(await Promise.all(used)) } };
  } catch (error) {
    return { usage: { unavailable: sayOf(error) } };
  }
}
