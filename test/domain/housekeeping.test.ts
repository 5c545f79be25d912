import { describe, expect, test } from 'vitest';
import {
  releasesAtHand,
  releasesToRemove,
  samplesToRemove,
  type InUse,
} from '../../src/domain/housekeeping.js';
import { driftOf, type Asked } from '../../src/domain/drift.js';
import type { Observed } from '../../src/domain/adoption.js';
import { FULL } from '../../src/domain/plan.js';
import type { DeploymentRow } from '../../src/domain/store.js';
import { newTarget, type Live, type TargetState } from '../../src/domain/target.js';
import { rowOf } from '../support/admitted.js';
import { deploymentPlan } from '../support/plans.js';

const REF = { service: 'shop', environment: 'production' };
const digestOf = (version: string): string => version.padEnd(64, '0');
const releaseOf = (version: string) => ({
  ...{ service: 'shop', version, commit: 'c', digest: digestOf(version), artifacts: [] },
});
const { configuration } = deploymentPlan();
const live = (version: string, deployment = `d-${version}`): Live => ({
  ...{ release: releaseOf(version), slot: 'blue', configuration, deployment, since: '' },
});
const old = (version: string, runs: readonly string[] = [], service = 'shop') => ({
  ...{ service, digest: digestOf(version), runs },
});
const row = (n: number, version: string, more: Partial<DeploymentRow> = {}): DeploymentRow =>
  rowOf(REF, n, { release: releaseOf(version), ...more });
const inUse = (
  more: Partial<TargetState> = {},
  deployments: DeploymentRow[] = [],
  runs: string[] = [],
): InUse => ({
  targets: [{ ...newTarget(REF), ...more }],
  deployments,
  runs,
});
const mark = (version: string) => ({
  ...{ digest: digestOf(version), version, deployment: `d-${version}`, reason: '', at: '' },
});
const shipped = { outcome: 'shipped' } as const;

describe('an old release goes, unless', () => {
  test.each<[string, InUse, object]>([
    ['nothing is', inUse(), {}],
    ['it is live', inUse({ live: live('v1') }), { live: 1 }],
    ['it is known good', inUse({ live: live('v2'), knownGood: live('v1') }), { known_good: 1 }],
    [
      'a rollback would go to it',
      inUse({ live: live('v2'), knownGood: live('v2') }, [row(2, 'v2', shipped), row(1, 'v1', shipped)]),
      { way_back: 1 },
    ],
    ['rules hold it', inUse({ holdMarks: [mark('v1')] }), { held: 1 }],
    ['it is being deployed', inUse({}, [row(1, 'v1')]), { under_way: 1 }],
    ['it is being replaced', inUse({}, [row(2, 'v2', { replaces: releaseOf('v1') })]), { under_way: 1 }],
    ['a run that goes on has it', inUse({}, [], ['r1']), { under_way: 1 }],
  ])('%s', (_, world, kept) => {
    const one = [old('v1', ['r1'])];
    expect(releasesToRemove(one, world)).toEqual({ go: Object.keys(kept).length === 0 ? one : [], kept });
  });

  test.each<[string, InUse]>([
    ['another is live', inUse({ live: live('v2') })],
    [
      'it is live of another service',
      { ...inUse(), targets: [{ ...newTarget({ ...REF, service: 'blog' }), live: live('v1') }] },
    ],
    [
      'a rollback would go to a newer one',
      inUse({ live: live('v3') }, [row(3, 'v3', shipped), row(2, 'v2', shipped), row(1, 'v1', shipped)]),
    ],
    ['it was not shipped', inUse({ live: live('v2') }, [row(1, 'v1', { outcome: 'rolled_back' })])],
    ['another run goes on', inUse({}, [], ['r2'])],
  ])('not because %s', (_, world) => {
    expect(releasesToRemove([old('v1', ['r1'])], world)).toEqual({ go: [old('v1', ['r1'])], kept: {} });
  });
});

test('samples stay that show why something is live, good, held or under way', () => {
  const world = inUse({ live: live('v3'), knownGood: live('v2'), holdMarks: [mark('v1')] }, [
    row(9, 'v4'),
    row(8, 'v5', shipped),
  ]);
  const of = (deployment: string) => ({ deployment, samples: 1 });
  const ids = ['d-v3', 'd-v2', 'd-v1', row(9, 'v4').id, row(8, 'v5').id];
  expect(samplesToRemove(ids.map(of), world)).toEqual({
    go: [of(row(8, 'v5').id)],
    kept: { live: 1, known_good: 1, held: 1, under_way: 1 },
  });
});

test('a host keeps at hand what is live and what a way back leads to, not what is held', () => {
  const world = inUse({ live: live('v3'), knownGood: live('v3'), holdMarks: [mark('v0')] }, [
    ...[row(4, 'v4'), row(3, 'v3', shipped), row(2, 'v2', shipped), row(1, 'v1', shipped)],
  ]);
  expect(releasesAtHand(world)).toEqual(['v3', 'v2', 'v4'].map(digestOf));
});

describe('drift', () => {
  const instance = (state: string, id = state) => ({ id, url: '', state, startedAt: '' });
  const slot = (more: object = {}) => ({
    ...{ slot: 'blue', version: 'v1', release: digestOf('v1'), configuration: 'conf' },
    ...{ instances: [instance('ready')], ...more },
  });
  const seen = (more: object = {}): Observed =>
    ({ shares: { blue: FULL }, slots: [slot()], ...more }) as unknown as Observed;
  const record = { live: { ...live('v1'), configuration: { ...configuration, replicas: 1 } } };

  test.each<[object]>([
    [{}],
    [{ slots: [slot({ instances: [instance('not_ready')] })] }],
    [{ slots: [slot({ instances: [instance('starting')] })] }],
    [{ slots: [slot(), slot({ slot: 'green', instances: [] })] }],
  ])('none: %j', (more) => {
    expect(driftOf(record, seen(more), 'conf')).toEqual([]);
  });

  test.each<[string, object]>([
    ['the router sends no users anywhere; recorded is that all are on blue', { shares: {} }],
    [
      'users are on blue (30 %) and green (70 %), not on one slot; recorded is that all are on blue',
      { shares: { blue: 3_000, green: 7_000 } },
    ],
    ['v1 is live in blue, and nothing runs there', { slots: [] }],
    ['v1 is live in blue, and nothing runs there', { slots: [slot({ instances: [instance('gone')] })] }],
    ['v9 runs in blue, where v1 is live', { slots: [slot({ version: 'v9', release: digestOf('v9') })] }],
    [
      'v1 runs in blue with another configuration than is recorded',
      { slots: [slot({ configuration: 'x' })] },
    ],
    [
      '2 of 1 instances of v1 run in blue',
      { slots: [slot({ instances: [instance('ready', 'a'), instance('ready', 'b')] })] },
    ],
    [
      'v0 runs in green, where nothing is recorded',
      { slots: [slot(), slot({ slot: 'green', version: 'v0' })] },
    ],
  ])('%s', (what, more) => {
    expect(driftOf(record, seen(more), 'conf')).toEqual([what]);
  });

  const both = { router: 'haproxy+nginx', listen: 8080, secondListen: 8081 };
  const at = (haproxy: number, nginx: number) => ({
    addresses: {
      haproxy: `http://127.0.0.1:${String(haproxy)}`,
      nginx: `http://127.0.0.1:${String(nginx)}`,
    },
  });
  test.each<[Asked, object, readonly string[]]>([
    [both, at(8_080, 8_081), []],
    [both, at(8_080, 80), ['nginx serves it at http://127.0.0.1:80; recorded is port 8081']],
    [
      both,
      at(8_081, 8_080),
      [
        'haproxy serves it at http://127.0.0.1:8081; recorded is port 8080',
        'nginx serves it at http://127.0.0.1:8080; recorded is port 8081',
      ],
    ],
    // A free one is as asked, and of what is not known nothing is said.
    [{ router: 'haproxy+nginx' }, at(1, 2), []],
    [{ ...both, listen: 0 }, at(1, 8_081), []],
    [both, {}, []],
    [{ ...both, secondListen: 9 }, { addresses: { haproxy: 'http://127.0.0.1:8080' } }, []],
    [
      { router: 'gateway', listen: 1 },
      { addresses: { gateway: 'http://127.0.0.1:2' } },
      ['gateway serves it at http://127.0.0.1:2; recorded is port 1'],
    ],
    // A router of one's own says where it is in its own way.
    [{ router: 'own:edge', listen: 443 }, { addresses: { 'own:edge': 'https://shop.example' } }, []],
    [{ router: 'own:edge', listen: 1 }, { addresses: { 'own:edge': '10.0.0.1:8080' } }, []],
    [{ router: 'own:edge', listen: 1 }, { addresses: { 'own:edge': 'edge:8080' } }, []],
    [
      { router: 'own:edge', listen: 443 },
      { addresses: { 'own:edge': 'http://shop.example' } },
      ['own:edge serves it at http://shop.example; recorded is port 443'],
    ],
  ])('of addresses: %j, %j', (asked, more, found) => {
    expect(driftOf(record, seen(more), 'conf', asked)).toEqual(found);
  });

  test('of a target with nothing live: what runs', () => {
    expect(driftOf({}, seen(), undefined)).toEqual(['v1 runs in blue, where nothing is recorded']);
    expect(driftOf({}, seen({ slots: [] }), undefined)).toEqual([]);
  });
});
