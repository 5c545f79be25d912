import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { FULL } from '../../src/domain/plan.js';
import { ask } from '../gateway/lab.js';
import type { HaproxyProcess } from '../support/haproxy-process.js';
import type { NginxProcess } from '../support/nginx-process.js';
import type { FaultLab } from './lab.js';
import type { Service } from './service.js';
import { settled } from './settled.js';

type BySlot<T> = Readonly<Record<string, T>>;
/** What a router's own process says of a target in staging. */
interface Routed {
  /** Of slots with users. */
  readonly shares: BySlot<number>;
  /** `host:port` of whom it sends requests to, of slots with anybody. */
  readonly members: BySlot<readonly string[]>;
}
/** Asks a router itself, on its own socket or port, what it does for a service now: no adapter is between, and no file is believed. */
export type Look = (service: string) => Promise<Routed>;

const SLOTS = ['blue', 'green'] as const;
/** In maintenance or drain, by whatever it was put there. */
const AWAY = 0x7b;

export const haproxySays =
  ({ say, folder }: Pick<HaproxyProcess, 'say' | 'folder'>): Look =>
  async (service) => {
    const map = await say(`@1 show map ${folder}/shipway.map`);
    const row = map.split('\n').find((line) => line.split(' ')[1] === `${service}/staging`);
    const members = await bySlot(async (slot) => {
      const text = await say(`@1 show servers state shipway.${service}.staging.${slot}`);
      const [, header = [], ...rows] = text.split('\n').map((line) => line.split(' '));
      const [host, port, state] = ['srv_addr', 'srv_port', 'srv_admin_state'].map(
        // It begins with a `#`.
        (name) => header.indexOf(name) - 1,
      ) as [number, number, number];
      return rows
        .filter((server) => (Number(server[state]) & AWAY) === 0)
        .map((server) => `${String(server[host])}:${String(server[port])}`);
    });
    return { shares: sharesIn(row?.split(' ')[2]), members };
  };

export const nginxSays =
  ({ port, folder }: Pick<NginxProcess, 'port' | 'folder'>): Look =>
  async (service) => {
    const authorization = `Bearer ${(await readFile(`${folder}/token`, 'utf8')).trim()}`;
    const path = `/targets/${service}/staging`;
    const { body } = await ask(`http://127.0.0.1:${String(port)}`, { path, headers: { authorization } });
    const now = /^now (.*)$/m.exec(body)?.[1] ?? '';
    const of = (name: string) => new RegExp(`(?:^| )${name}=(\\S+)`).exec(now)?.[1];
    const members = await bySlot((slot) => (of(slot)?.split('|')[1] ?? '').split(',').filter(Boolean));
    return { shares: sharesIn(of('split')), members };
  };

async function bySlot(
  of: (slot: string) => readonly string[] | Promise<readonly string[]>,
): Promise<Routed['members']> {
  const all = await Promise.all(SLOTS.map(async (slot) => [slot, (await of(slot)).toSorted()] as const));
  return Object.fromEntries(all.filter(([, members]) => members.length > 0));
}

/** `CANDIDATE|SHARE|OTHER|SALT` */
function sharesIn(split = ''): Routed['shares'] {
  const [candidate = '', share = '', other = ''] = split.split('|');
  const shares = { [candidate]: Number(share), [other]: FULL - Number(share) };
  return Object.fromEntries(Object.entries(shares).filter(([, of]) => of > 0));
}

/** A router, and where users reach a service by it. */
export interface Reached {
  readonly says: Look;
  readonly address: string;
}
/** So many users find a part of 50 % to a few hundredths: 15 of them are five standard deviations. */
const USERS = 300;
const CHANCE = FULL * 0.15;

/**
 * The shares that a router says it has. Whom it sends users to are the living instances of one version in each slot, all of them, and users
 * who ask there meet the versions in these shares.
 */
export async function sharesOf({ says, address }: Reached, shop: Service): Promise<Routed['shares']> {
  const [{ shares, members }, living] = [await says(shop.name), await addressesOf(shop)];
  const met = await versionsMet(address);
  const wanted: Record<string, number> = {};
  for (const [slot, share] of Object.entries(shares)) {
    const version = [...living.keys()].find((of) => living.get(of)?.join() === members[slot]?.join());
    expect(version, `${slot} of ${address} has ${String(members[slot])}`).toBeDefined();
    wanted[version ?? ''] = share;
  }
  expect([...met.keys()].toSorted()).toEqual(Object.keys(wanted).toSorted());
  for (const [version, count] of met)
    expect(Math.abs((count / USERS) * FULL - (wanted[version] ?? 0))).toBeLessThan(CHANCE);
  return shares;
}

/** Where the living instances of each version listen, as their own processes were told. */
async function addressesOf(shop: Service): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const { version, process } of await shop.instances()) {
    const told = (await readFile(`/proc/${String(process.pid)}/environ`, 'utf8')).split('\0');
    const [host, port] = ['HOST=', 'PORT='].map((name) =>
      told.find((line) => line.startsWith(name))?.slice(name.length),
    );
    found.set(version, [...(found.get(version) ?? []), `${String(host)}:${String(port)}`].toSorted());
  }
  return found;
}

/** How many of as many different users each version answers. */
async function versionsMet(address: string): Promise<ReadonlyMap<string, number>> {
  const met = new Map<string, number>();
  for (let user = 0; user < USERS; user += AT_ONCE)
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, i) => {
        const { headers } = await ask(address, { headers: { 'x-user-id': `one-${String(user + i)}` } });
        const version = String(headers['x-version']);
        met.set(version, (met.get(version) ?? 0) + 1);
      }),
    );
  return met;
}
const AT_ONCE = 20;

/** What `Service.serves` says of a gateway, of routers of whoever runs it: each sends all users to `version`, and to nobody else anybody. */
export async function servedBy(
  routers: readonly Reached[],
  { lab, shop, version }: { readonly lab: FaultLab; readonly shop: Service; readonly version: string },
): Promise<void> {
  const slot = (await settled(lab, shop, version))?.slot ?? '';
  for (const router of routers) {
    expect(await sharesOf(router, shop)).toEqual({ [slot]: FULL });
    expect(Object.keys((await router.says(shop.name)).members)).toEqual([slot]);
  }
}
