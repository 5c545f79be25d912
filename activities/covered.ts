import type { LeftOn } from '../src/domain/flags.js';
import type { DeploymentInput } from '../src/domain/inputs.js';
import type { Configuration, DeploymentPlan } from '../src/domain/plan.js';
import type { Release } from '../src/domain/release.js';
import type { Covered, Permit } from '../src/domain/permit.js';
import type { DeploymentKind } from '../src/domain/store.js';
import type { Live, Slot } from '../src/domain/target.js';
import { digestOf } from '../src/hash.js';

export const coveredBy = ({
  kind,
  release,
  plan,
  candidate,
  replaces,
  leftOn,
}: DeploymentInput): Covered => ({
  kind,
  release: digestOf(release),
  plan: digestOf(plan),
  configuration: digestOf(plan.configuration),
  candidate,
  ...(replaces === undefined ? {} : { stable: replaces.slot, replaces: digestOf(replaces) }),
  ...(leftOn === undefined ? {} : { leftOn: digestOf(leftOn) }),
});

/** What an effect says of itself; what it leaves out it does not use. */
export interface Claimed {
  readonly kind: DeploymentKind;
  readonly candidate: Slot;
  readonly stable?: Slot;
  readonly release?: Release;
  readonly plan?: DeploymentPlan;
  readonly configuration?: Configuration;
  readonly live?: Live;
  readonly replaces?: Live;
  readonly slot?: Slot;
  readonly leftOn?: readonly LeftOn[];
  /** Of instances: no more than the configuration has. */
  readonly count?: number;
}

/** The first thing in which an effect is not what its permit is for. */
export function beyond({ covers }: Permit, claimed: Claimed): string | undefined {
  const live = claimed.live ?? claimed.replaces;
  const most = (live ?? claimed.plan)?.configuration.replicas ?? 0;
  const same: readonly (readonly [string, unknown, unknown])[] = [
    ['the kind', claimed.kind, covers.kind],
    ['the slot', claimed.candidate, covers.candidate],
    ['the slot of what it replaces', claimed.stable, covers.stable],
    ['the slot that it removes', claimed.slot ?? covers.stable, covers.stable],
    ['the release', claimed.release && digestOf(claimed.release), covers.release],
    ['the plan', claimed.plan && digestOf(claimed.plan), covers.plan],
    ['the configuration', claimed.configuration && digestOf(claimed.configuration), covers.configuration],
    ['what it replaces', live && digestOf(live), covers.replaces],
    ['what it turns off', claimed.leftOn && digestOf(claimed.leftOn), covers.leftOn],
    ['the number of instances', claimed.count, Math.trunc(Math.min(Math.max(claimed.count ?? 0, 0), most))],
  ];
  const [kind, slot, stable, ...others] = same;
  const exact = [kind, slot, stable].find((s) => s !== undefined && s[1] !== s[2]);
  return (exact ?? others.find(([, is, may]) => is !== undefined && is !== may))?.[0];
}
