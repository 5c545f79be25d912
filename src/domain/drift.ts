import { serving, type Observed } from './adoption.js';
import { routersIn } from './adapters.js';
import { FULL, type DeploymentPlan } from './plan.js';
import { portOf } from './port-of.js';
import type { ObservedSlot } from './ports.js';
import type { Digest } from './release.js';
import type { Live, TargetState } from './target.js';

/** What is not as recorded: each difference in a sentence. */
export interface Drift {
  /** ISO instant at which it was first seen like this. */
  readonly since: string;
  readonly found: readonly string[];
}

/** What was last asked of the routers. */
export type Asked = Pick<DeploymentPlan, 'router' | 'listen' | 'secondListen'>;

/**
 * How the world differs from a target's record, while nothing is deployed there. `configuration` is the digest of the live one, `asked` is
 * of the deployment that made it live. What is about to be (an instance that starts) is no difference, and neither is how well an instance
 * serves.
 */
export function driftOf(
  { live }: Pick<TargetState, 'live'>,
  observed: Observed,
  configuration: Digest | undefined,
  asked?: Asked,
): readonly string[] {
  if (live === undefined) return observed.slots.filter(runs).map(unrecorded);
  return [
    ...(observed.differences ?? []),
    ...(asked === undefined ? [] : elsewhere(asked, observed)),
    ...sharesOf(live, observed),
    ...slotOf(
      live,
      observed.slots.find(({ slot }) => slot === live.slot),
      configuration,
    ),
    ...observed.slots.filter((s) => s.slot !== live.slot && runs(s)).map(unrecorded),
  ];
}

const lives = ({ instances }: ObservedSlot): number =>
  instances.filter(({ state }) => state !== 'gone' && state !== 'lost').length;
const runs = (slot: ObservedSlot): boolean => lives(slot) > 0;
const unrecorded = ({ slot, version }: ObservedSlot): string =>
  `${version} runs in ${slot}, where nothing is recorded`;

/** Routers that serve it at another port than they were asked to. Where none was asked for, or none can be read, any is as asked. */
export function elsewhere(
  { router, listen, secondListen }: Asked,
  { addresses = {} }: Pick<Observed, 'addresses'>,
): readonly string[] {
  const ports = [listen, secondListen];
  return routersIn(router).flatMap((name, i) => {
    const { [name]: address = '' } = addresses;
    const [port = 0, seen] = [ports[i], portOf(address)];
    return port === 0 || seen === undefined || seen === port
      ? []
      : [`${name} serves it at ${address}; recorded is port ${String(port)}`];
  });
}

function sharesOf(live: Live, { shares, slots }: Observed): readonly string[] {
  if (shares[live.slot] === FULL) return [];
  const why = serving({ shares, slots });
  const where = typeof why === 'string' ? why : `all users are on ${why.slot}`;
  return [`${where}; recorded is that all are on ${live.slot}`];
}

function slotOf(
  { slot, release, configuration: { replicas } }: Live,
  found: ObservedSlot | undefined,
  configuration: Digest | undefined,
): readonly string[] {
  if (found === undefined || !runs(found))
    return [`${release.version} is live in ${slot}, and nothing runs there`];
  if (found.release !== release.digest)
    return [`${found.version} runs in ${slot}, where ${release.version} is live`];
  if (found.configuration !== configuration)
    return [`${release.version} runs in ${slot} with another configuration than is recorded`];
  const count = lives(found);
  return count === replicas
    ? []
    : [`${String(count)} of ${String(replicas)} instances of ${release.version} run in ${slot}`];
}
