import { percent } from '../../domain/details.js';
import type { Router, RouterState } from '../../domain/ports.js';
import type { Slot } from '../../domain/target.js';
import { SLOTS } from './served.js';

/** One of two routers that serve a target together, by its name in the plan. */
export interface Named {
  readonly name: string;
  readonly router: Router;
}
export type Pair = readonly [Named, Named];

/** What two routers say of a target, as one state, with what they do not have the same; `undefined`: neither knows it. */
export function agreed(
  [first, second]: Pair,
  [one, two]: readonly (RouterState | undefined)[],
): RouterState | undefined {
  if (one !== undefined && two !== undefined) return ofBoth([first.name, second.name], [one, two]);
  const known = one ?? two;
  if (known === undefined) return undefined;
  const [knows, lacks] = one === undefined ? [second, first] : [first, second];
  const target = `${knows.name} serves the target, and ${lacks.name} does not know it`;
  return { ...known, shares: mean([known.shares, {}]), differences: { target } };
}

type Two<T> = readonly [T, T];

/** The same of two that both know it. */
export function ofBoth(names: Two<string>, states: Two<RouterState>): RouterState {
  const [one, two] = states;
  const slots = SLOTS.filter((slot) => states.some(({ members }) => members[slot] !== undefined));
  const sameShares = SLOTS.every((slot) => (one.shares[slot] ?? 0) === (two.shares[slot] ?? 0));
  const differences = {
    ...(sameShares ? {} : { shares: states.map((state, i) => sends(names[i], state.shares)).join(', ') }),
    ...Object.fromEntries(
      slots.flatMap((slot) => {
        const said = differing(slot, names, states);
        return said === undefined ? [] : [[slot, said]];
      }),
    ),
  };
  return {
    address: one.address,
    others: [two.address],
    shares: sameShares ? one.shares : mean([one.shares, two.shares]),
    members: per(slots, (slot) => known(two, slot, one.members[slot] ?? [])),
    releases: per(slots, (slot) => one.releases[slot] ?? two.releases[slot] ?? ''),
    ...(Object.keys(differences).length === 0 ? {} : { differences }),
  };
}

const per = <T>(slots: readonly Slot[], of: (slot: Slot) => T): Partial<Record<Slot, T>> =>
  Object.fromEntries(slots.map((slot) => [slot, of(slot)]));

const known = ({ members }: RouterState, slot: Slot, of: readonly string[]): readonly string[] =>
  of.filter((member) => members[slot]?.includes(member) === true);

function differing(slot: Slot, names: Two<string>, [one, two]: Two<RouterState>): string | undefined {
  const [a, b] = [one.members[slot], two.members[slot]];
  if (a === undefined || b === undefined) {
    const [knows, lacks] = a === undefined ? [names[1], names[0]] : names;
    return `${knows} knows ${slot}, and ${lacks} does not`;
  }
  if (one.releases[slot] !== two.releases[slot])
    return `${slot} is ${short(one.releases[slot])} at ${names[0]} and ${short(two.releases[slot])} at ${names[1]}`;
  return a.toSorted().join() === b.toSorted().join()
    ? undefined
    : `${slot} has ${listed(a)} at ${names[0]} and ${listed(b)} at ${names[1]}`;
}

const short = (release = ''): string => `release ${release.slice(0, 12)}`;
const listed = (members: readonly string[]): string => (members.length === 0 ? 'nobody' : members.join(', '));

/** Of all users, when each router has half of them. */
const mean = ([a, b]: Two<RouterState['shares']>): RouterState['shares'] =>
  per(
    SLOTS.filter((slot) => a[slot] !== undefined || b[slot] !== undefined),
    (slot) => ((a[slot] ?? 0) + (b[slot] ?? 0)) / 2,
  );

const sends = (name: string | undefined, shares: RouterState['shares']): string =>
  `${name ?? ''} sends ${sharesText(shares)}`;

export function sharesText(shares: RouterState['shares']): string {
  const given = SLOTS.flatMap((slot) =>
    (shares[slot] ?? 0) > 0 ? [`${percent(shares[slot] ?? 0)} to ${slot}`] : [],
  );
  return given.length === 0 ? 'nobody anywhere' : given.join(' and ');
}
