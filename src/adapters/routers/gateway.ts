import type { TargetRef } from '../../domain/ids.js';
import type { Router, RouterState, Split } from '../../domain/ports.js';
import type { Digest } from '../../domain/release.js';
import type { Slot } from '../../domain/target.js';
import { ShipwayError } from '../../errors.js';
import { callGateway, type GatewayAt, type GatewayCall } from '../gateway-call.js';

/** What the gateway says of a slot and of a target. */
interface ShownSlot {
  readonly release: Digest;
  readonly members: readonly string[];
}
interface Shown {
  readonly address: string;
  readonly shares: RouterState['shares'];
  readonly slots: Readonly<Partial<Record<Slot, ShownSlot>>>;
}
/** Beyond the drain's own time. */
const MARGIN_MS = 2_000;
/** The longest drain that the gateway takes: more than two hours. */
const LONGEST_DRAIN_MS = 9_999_999;

/**
 * The embedded gateway through its admin API. Every call says what shall be and not what shall change, so it can be repeated; withdrawing
 * and closing what is not there has been done already. Fails with `router.unavailable`, `router.refused`.
 */
export function gatewayRouter({ stateDir }: { readonly stateDir: string }): Router {
  const at: GatewayAt = { stateDir, unavailable: 'router.unavailable', refused: 'router.refused' };
  const call = (one: GatewayCall, signal: AbortSignal): Promise<unknown> => callGateway(at, one, signal);
  const must = async (one: GatewayCall, signal: AbortSignal): Promise<unknown> => {
    const body = await call(one, signal);
    if (body === undefined)
      throw new ShipwayError('router.refused', `the gateway knows no such target (${one.path})`);
    return body;
  };
  return {
    async observe(t, signal) {
      const shown = await call({ method: 'GET', path: pathOf(t) }, signal);
      return shown === undefined ? undefined : stateOf(shown as Shown);
    },
    async open(t, listen, signal) {
      const body = listen === undefined ? {} : { listen };
      return stateOf((await must({ method: 'PUT', path: pathOf(t), body }, signal)) as Shown);
    },
    async admit(t, slot, release, members, signal) {
      await must({ method: 'PUT', path: pathOf(t, slot), body: { release, members } }, signal);
    },
    async split(t, split, signal) {
      await must({ method: 'PUT', path: `${pathOf(t)}/split`, body: bodyOf(split) }, signal);
    },
    async drain(t, slot, timeoutMs, signal) {
      const timeout = Math.min(Math.ceil(timeoutMs), LONGEST_DRAIN_MS);
      const path = `${pathOf(t, slot)}/drain?timeout=${String(timeout)}`;
      const left = await call({ method: 'POST', path, timeoutMs: timeout + MARGIN_MS }, signal);
      return { inflight: left === undefined ? 0 : (left as { inflight: number }).inflight };
    },
    async withdraw(t, slot, signal) {
      await call({ method: 'DELETE', path: pathOf(t, slot) }, signal);
    },
    async close(t, signal) {
      await call({ method: 'DELETE', path: pathOf(t) }, signal);
    },
  };
}

const pathOf = ({ service, environment }: TargetRef, slot?: Slot): string =>
  `/targets/${service}/${environment}${slot === undefined ? '' : `/slots/${slot}`}`;

const bodyOf = ({ shares, candidate, salt, userKey }: Split) => ({
  shares,
  candidate,
  salt,
  user_key: userKey,
});

function stateOf({ address, shares, slots }: Shown): RouterState {
  const pick = <T>(of: (slot: ShownSlot) => T) =>
    Object.fromEntries(Object.entries(slots).map(([name, slot]) => [name, of(slot)])) as Partial<
      Record<Slot, T>
    >;
  return { address, shares, members: pick((s) => s.members), releases: pick((s) => s.release) };
}
