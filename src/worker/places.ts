import { setTimeout as sleep } from 'node:timers/promises';
import { scraped, type PrometheusAt } from '../adapters/metrics/prometheus-api.js';
import { lookAtHaproxy } from '../adapters/routers/haproxy-look.js';
import type { HaproxyAt } from '../adapters/routers/haproxy-converge.js';
import { lookAtNginx } from '../adapters/routers/nginx-look.js';
import type { NginxAt } from '../adapters/routers/nginx-place.js';
import type { TargetRef } from '../domain/ids.js';
import type { EnvironmentPolicy, Policy, PrometheusPlace } from '../domain/policy.js';
import { ShipwayError } from '../errors.js';
import { credential } from './credential.js';

type Environment = Pick<TargetRef, 'environment'>;

/** Where what serves an environment is, as the policy says that rules. All fail with `adapter.unknown` where it says nothing. */
export interface Places {
  readonly policy: () => Promise<Policy>;
  /**
   * Routers that it says are gone. Never fails: where nothing is read soon, what was read some seconds ago counts, and with none none are. One
   * that is back is not to be left out by what is long over: all are asked then.
   */
  readonly gone: (of: Environment) => Promise<readonly string[]>;
  readonly haproxy: (of: Environment) => Promise<HaproxyAt>;
  readonly nginx: (of: Environment) => Promise<NginxAt>;
  /** Fails with `credential.missing`, too. */
  readonly prometheus: (of: Environment) => Promise<PrometheusAt>;
}

/** A way back does not wait for the store: what it said last is good enough. */
const PATIENCE_MS = 500;
/** For that a router is gone it is only while it is as new as this: to ask one in vain costs less than to leave out one that serves. */
const RECENT_MS = 5_000;

export function placesIn(read: () => Promise<Policy>, env: NodeJS.ProcessEnv): Places {
  let last: { readonly said: Policy; readonly at: number } | undefined;
  const reading = async (): Promise<Policy> => {
    const said = await read();
    last = { said, at: Date.now() };
    return said;
  };
  const soon = <T>(known: () => T): Promise<Policy | T> =>
    Promise.race([reading().catch(known), sleep(PATIENCE_MS, undefined, { ref: false }).then(known)]);
  const policy = (): Promise<Policy> => {
    if (last === undefined) return reading();
    const { said } = last;
    return soon(() => said);
  };
  const recent = (): Policy | undefined =>
    last !== undefined && Date.now() - last.at < RECENT_MS ? last.said : undefined;
  const placed = async <K extends 'haproxy' | 'nginx' | 'prometheus'>(
    key: K,
    { environment }: Environment,
  ) => {
    const { environments } = await policy();
    const place = Object.hasOwn(environments, environment) ? environments[environment]?.[key] : undefined;
    if (place !== undefined) return place as NonNullable<EnvironmentPolicy[K]>;
    throw new ShipwayError(
      'adapter.unknown',
      `the policy that rules does not say where ${key} of ${environment} is: environments.${environment}.${key}`,
    );
  };
  return {
    policy,
    gone: async ({ environment }) => {
      const rules = (await soon(recent))?.environments ?? {};
      return (Object.hasOwn(rules, environment) ? rules[environment]?.goneRouters : undefined) ?? [];
    },
    haproxy: (of) => placed('haproxy', of),
    nginx: (of) => placed('nginx', of),
    prometheus: async (of) => prometheusAt(await placed('prometheus', of), env),
  };
}

async function prometheusAt(
  { url, credential: ref, staleAfterMs }: PrometheusPlace,
  env: NodeJS.ProcessEnv,
): Promise<PrometheusAt> {
  if (ref === undefined) return { url, staleAfterMs };
  const said = await credential(ref, env);
  const authorization = said.includes(':')
    ? `Basic ${Buffer.from(said).toString('base64')}`
    : `Bearer ${said}`;
  return { url, staleAfterMs, authorization };
}

/** Less than the look of a whole host may take: one that hangs is not to hide what the others say. */
const LOOK_MS = 2_000;

/**
 * For `shipway doctor`: whether what is placed for `served`, the environments of this host's targets, answers. Others' may be on other
 * hosts. Changes nothing.
 */
export const lookElsewhere =
  (places: Places, served: () => Promise<readonly string[]>) =>
  async (signal: AbortSignal): Promise<Readonly<Record<string, string>>> => {
    const [{ environments }, mine] = await Promise.all([places.policy(), served()]);
    const looks = Object.entries(environments)
      .filter(([environment]) => mine.includes(environment))
      .flatMap(([environment, { haproxy, nginx, prometheus, goneRouters: gone = [] }]) => {
        const asked: Record<string, (() => Promise<unknown>) | undefined> = {
          haproxy: gone.includes('haproxy') ? undefined : haproxy && (() => lookAtHaproxy(haproxy, signal)),
          nginx: gone.includes('nginx') ? undefined : nginx && (() => lookAtNginx(nginx, signal)),
          prometheus:
            prometheus && (async () => scraped(await places.prometheus({ environment }), 'up', 60, signal)),
        };
        return Object.entries(asked).flatMap(([name, look]) =>
          look === undefined ? [] : [[`${name} of ${environment}`, look] as const],
        );
      });
    return Object.fromEntries(
      await Promise.all(looks.map(async ([name, look]) => [name, await answered(look)] as const)),
    );
  };

const SILENT = `did not answer within ${String(LOOK_MS / 1_000)} s`;

async function answered(look: () => Promise<unknown>): Promise<string> {
  try {
    return await Promise.race([look().then(() => 'answers'), sleep(LOOK_MS, SILENT, { ref: false })]);
  } catch (error) {
    if (error instanceof ShipwayError) return error.message;
    throw error;
  }
}
