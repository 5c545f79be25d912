import type { Observation, WatchInput } from '../src/domain/watching.js';
import { ANSWER_MS, answered } from './answered.js';
import type { EffectDeps } from './deps.js';

/**
 * What stable's instances answer to their own liveness probe at this look, in as much time as the candidate's have. Nothing where that is
 * not known: whoever does not answer for them says nothing of them, and one that is being taken away, or has been, has not failed. Never throws.
 */
export async function stableHealth(
  world: () => Promise<Pick<EffectDeps, 'provider' | 'router'>>,
  input: WatchInput,
  signal: AbortSignal,
): Promise<Pick<Observation, 'stableHealth'>> {
  const { stable, stableLiveness: liveness } = input;
  if (stable === undefined || liveness === undefined) return {};
  const ask = async (ending: AbortSignal): Promise<Pick<Observation, 'stableHealth'>> => {
    const { provider, router } = await world();
    const { probes, failures } = await provider.health(input, stable.slot, liveness, ending);
    // Instances leave the router before they end.
    const there = async (): Promise<number> =>
      (await router.observe(input, ending))?.members[stable.slot]?.length ?? 0;
    return probes === 0 || (failures > 0 && (await there()) < probes)
      ? {}
      : { stableHealth: { probes, failures } };
  };
  try {
    return await answered(signal, ask, ANSWER_MS + liveness.timeoutMs);
  } catch {
    return {};
  }
}
