import type { TargetRef } from '../../domain/ids.js';
import type { Router, RouterState, Split } from '../../domain/ports.js';
import type { Digest } from '../../domain/release.js';
import type { Slot } from '../../domain/target.js';
import { ShipwayError } from '../../errors.js';
import { callGateway, type GatewayAt } from '../gateway-call.js';

/** What the gateway says of a target. */
interface Shown {
  readonly address: string;
  readonly shares: RouterState['shares'];
  readonly slots: Readonly<
    Partial<Record<Slot, { readonly release: Digest; readonly members: readonly string[] }>>
  >;
}
/** Beyond the drain's own time. */
const MARGIN_MS = 2_000;

/** The embedded gateway. Fails with `router.unavailable`, `router.refused`. */
export function gatewayRouter({ stateDir }: { readonly stateDir: string }): Router {
  const at: GatewayAt = { stateDir, unavailable: 'router.unavailable' };
  const path = (t: TargetRef, more = ''): string => `/targets/${t.service}/${t.environment}${more}`;
  const must = async (
    method: string,
    where: string,
    signal: AbortSignal,
    body?: unknown,
    timeoutMs?: number,
  ): Promise<unknown> => {
    const answer = await callGateway(at, method, where, {
      signal,
      ...(body === undefined ? {} : { body }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    if (answer.status === 404) throw new ShipwayError('router.refused', `the gateway does not know ${where}`);
    return answer.body;
  };
  return {
    async observe(t, signal) {
      const { status, body } = await callGateway(at, 'GET', path(t), { signal });
      return status === 404 ? undefined : stateOf(body as Shown);
    },
    open: async (t, listen, signal) =>
      stateOf((await must('PUT', path(t), signal, listen === undefined ? {} : { listen })) as Shown),
    async admit(t, slot, release, members, signal) {
      await must('PUT', path(t, `/slots/${slot}`), signal, { release, members });
    },
    async split(t, split, signal) {
      await must('PUT', path(t, '/split'), signal, bodyOf(split));
    },
    drain: async (t, slot, timeoutMs, signal) =>
      (await must(
        'POST',
        path(t, `/slots/${slot}/drain?timeout=${String(timeoutMs)}`),
        signal,
        undefined,
        timeoutMs + MARGIN_MS,
      )) as { inflight: number },
    async withdraw(t, slot, signal) {
      await callGateway(at, 'DELETE', path(t, `/slots/${slot}`), { signal });
    },
    async close(t, signal) {
      await callGateway(at, 'DELETE', path(t), { signal });
    },
  };
}

const bodyOf = ({ shares, candidate, salt, userKey }: Split) => ({
  shares,
  candidate,
  salt,
  user_key: userKey,
});

function stateOf({ address, shares, slots }: Shown): RouterState {
  const pick = <T>(of: (slot: { readonly release: Digest; readonly members: readonly string[] }) => T) =>
    Object.fromEntries(Object.entries(slots).map(([name, slot]) => [name, of(slot)])) as Partial<
      Record<Slot, T>
    >;
  return { address, shares, members: pick((s) => s.members), releases: pick((s) => s.release) };
}
