import { z } from 'zod';
import { RESOURCES, type SlotUsage } from '../src/domain/usage.js';
import type { Observation, WatchInput } from '../src/domain/watching.js';
import { ShipwayError } from '../src/errors.js';
import { answered } from './answered.js';
import type { EffectDeps } from './deps.js';
import { sayOf } from './say-of.js';

/**
 * What instances of both slots use at this look, where a trigger asks for it; where none does nobody is asked. What a provider answers that
 * is no usage is none. Never throws.
 */
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
      const asked = await answered(signal, async (ending) => {
        if (provider.usage === undefined)
          throw new ShipwayError('provider.unavailable', 'this provider does not say what instances use');
        return provider.usage(input, slot, ending);
      });
      return [slot, checked(asked)] as const;
    });
    return { usage: { slots: Object.fromEntries(await Promise.all(used)) } };
  } catch (error) {
    return { usage: { unavailable: sayOf(error) } };
  }
}

/** NaN is above nothing, and would pass. */
const count = z.number().nonnegative();
const slotUsage = z.object({
  at: count,
  instances: z.array(z.object({ id: z.string(), startedAt: z.string(), cpuMs: count, memoryBytes: count })),
});

function checked(given: SlotUsage): SlotUsage {
  const { success, data, error } = slotUsage.safeParse(given);
  if (success) return data;
  const [issue] = error.issues;
  throw new ShipwayError(
    'provider.unavailable',
    `what the provider answers is no usage: ${[...(issue?.path ?? []), issue?.message].join(' ')}`,
  );
}
