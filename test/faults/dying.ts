import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, vi } from 'vitest';
import { FULL, type Share, type Strategy } from '../../src/domain/plan.js';
import { faultLab } from './lab.js';
import { shareInStore } from './flag.js';
import {
  ERRORS,
  auditIsWhole,
  service,
  usersOf,
  type Instance,
  type Service,
  type Shipping,
} from './service.js';
import type { Fault } from './worker-process.js';

const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  await Promise.all(ends.map((end) => end()));
});

export const STABLE = { blue: FULL };
export const CANDIDATE = { green: FULL };
type Shares = Readonly<Record<string, number>>;
/**
 * What the worker dies of, and the shares that the gateway has at that moment, and of a flag that is turned on the database: `<activity>` after its effect and before its report,
 * `during <activity>` while an instance starts or stops, `watch in <phase>` of that one, `-> <entry>` in the middle of one, before this entry
 * of the audit is written.
 */
export type Death = readonly [of: string, shares: Shares, lit?: Share];
function faultOf([of]: Death, i: number): Fault {
  const name = `${String(i)}-${of.replace('-> ', '').replaceAll(' ', '-')}`;
  if (of.startsWith('-> ')) return { name, query: of.slice(3), moment: 'before' };
  const once = HALF_WAY[of];
  if (once !== undefined) return { name, activity: of.slice('during '.length), moment: 'during', once };
  const [activity = '', phase] = of.split(' in ');
  return { name, activity, moment: 'after', ...(phase === undefined ? {} : { phase }) };
}
/** What instances note when they start, and when they are told to stop. */
const HALF_WAY: Readonly<Record<string, readonly [file: string, says: string]>> = {
  'during provision': ['counter-shop', ' v2'],
  'during retireSlot': ['counter-shop.stopping', 'v1'],
  'during undoProvision': ['counter-shop.stopping', 'v2'],
  'during restoreTarget': ['counter-shop.stopping', 'v2'],
};
/** Instances take longer to start and to stop than a worker to be killed. */
const SLOWLY = { readyAfterMs: 1_500, stopAfterMs: 5_000 };

interface Seen {
  readonly fault: string;
  readonly shares: Shares;
  readonly stable: readonly Instance[];
  /** Of all living instances. */
  readonly versions: readonly string[];
  readonly stopping: readonly string[];
  readonly lit?: Share;
}
/** As every release of it is deployed. */
type Ships = Pick<Shipping, 'replicas' | 'flags' | 'readyAfterMs' | 'stopAfterMs'>;

/** v1 serves, shipped by a worker that dies after the effect of each of these activities as soon as it is armed. */
export async function dying(strategy: Strategy, deaths: readonly Death[], ships: Ships) {
  const faults = deaths.map(faultOf);
  const seen: Seen[] = [];
  const lab = await faultLab({
    faults,
    died: async (fault) => {
      const instances = await shop.instances();
      const stable = instances.filter((i) => i.version === 'v1');
      const versions = instances.map((i) => i.version);
      const looked = deaths[seen.length]?.[2] !== undefined;
      seen.push({
        ...{ fault, shares: await shop.shares(), stable, versions, stopping: await shop.stopping() },
        ...(looked && { lit: await shareInStore(lab, shop.name) }),
      });
    },
  });
  ends.push(lab.end);
  const shop = service(lab, 'shop');
  const as = { strategy, ...SLOWLY, ...ships };
  expect(await shop.ship('v1', as)).toMatchObject({ outcome: 'shipped' });
  const before = await shop.instances();
  /** All of them come, in their order and with what is to be seen then; each takes seconds, in which a worker starts anew. */
  const allDied = async (): Promise<void> => {
    await vi.waitFor(
      () => {
        expect(seen.map((s) => s.fault)).toEqual(faults.map((f) => f.name));
      },
      { timeout: 300_000, interval: 100 },
    );
    expect(seen.map((s) => [s.shares, s.lit])).toEqual(deaths.map(([, shares, lit]) => [shares, lit]));
    await auditIsWhole(lab);
  };
  return { lab, shop, as, before, seen, allDied };
}

/** Ships v1, then v2 with a worker that dies after the effect of each of these activities. */
export async function shipDying(
  strategy: Strategy,
  deaths: readonly Death[],
  { bad, ...ships }: Ships & { readonly bad: boolean },
) {
  const { lab, shop, as, before, seen, allDied } = await dying(strategy, deaths, ships);
  const badWhile = join(lab.folder, 'bad');
  if (bad) await writeFile(badWhile, '');
  await lab.worker.arm();
  const traffic = await usersOf(shop);
  const ended = await shop.ship('v2', { ...as, badWhile, ...(bad && { bakeMs: 60_000, watch: ERRORS }) });
  await traffic.stop();
  const failed = [...traffic.between(0, Infinity).values()].reduce((n, count) => n + count.failed, 0);
  await allDied();
  // The one in the middle of an effect had done its first half.
  for (const { fault, versions, stopping } of seen) {
    if (fault.endsWith('during-provision'))
      expect(versions).toEqual(strategy.kind === 'in_place' ? ['v2'] : ['v1', 'v2']);
    if (fault.endsWith('during-retireSlot')) expect([versions, stopping]).toEqual([['v1', 'v2'], ['v1']]);
    if (fault.endsWith('during-undoProvision')) expect([versions, stopping]).toEqual([['v1', 'v2'], ['v2']]);
  }
  return { lab, recorded: await recordedOf(shop, 'v2'), shop, before, ended, seen, failed };
}

/** What happened once is said once, however often it was tried. */
export const recordedOf = async (shop: Service, version: string): Promise<readonly string[]> =>
  (await shop.entries())
    .filter((e) => e.version === version && /^(deployment|run)\./.test(e.event_type))
    .map((e) => e.event_type);
