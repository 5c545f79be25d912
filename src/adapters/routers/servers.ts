import { otherSlot, type Slot } from '../../domain/target.js';
import { bracketed } from '../../host.js';
import { addressOf, type ServedTarget } from './served.js';

/** A member as routers know it: its name says which release runs where, so that what they count can be told by release. */
export interface Server {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export const serversOf = (target: ServedTarget, slot: Slot): readonly Server[] => {
  const { release = '', members = [] } = target.slots[slot] ?? {};
  return serversAt(release, members);
};

/** Fails with `router.refused` when one is not `http://ADDRESS:PORT`. */
export const serversAt = (release: string, members: readonly string[]): readonly Server[] =>
  members.map((member) => {
    const address = addressOf(member);
    return { ...address, name: serverName(release, address) };
  });

/** Without brackets, which HAProxy does not take in a name. */
const serverName = (release: string, { host, port }: Pick<Server, 'host' | 'port'>): string =>
  `${release}-${host}:${String(port)}`;

/** The one entry that says where a target's users go: it changes at once or not at all. */
export function entryOf({ split, shares }: ServedTarget): string | undefined {
  if (split === undefined) return undefined;
  const { candidate, salt } = split;
  return [candidate, String(shares[candidate] ?? 0), otherSlot(candidate), salt].join('|');
}

export const hostPort = ({ host, port }: Pick<Server, 'host' | 'port'>): string =>
  `${bracketed(host)}:${String(port)}`;
