import { describe, expect, test } from 'vitest';
import { releaseViews } from '../../src/domain/releases.js';
import { isMarked, toReuse } from '../../src/domain/reuse.js';
import type { ReleaseRow } from '../../src/domain/store.js';
import { newTarget, type Live, type TargetState } from '../../src/domain/target.js';
import { deploymentPlan } from '../support/plans.js';

const COMMIT = 'c'.repeat(40);
const scan = (digest: string, stage = 'scan') =>
  ({ kind: 'scan', stage, digest, summary: `found ${digest}` }) as const;
const row = (digest: string, run: string, more: Partial<ReleaseRow> = {}): ReleaseRow => ({
  release: { service: 'shop', version: 'v1', commit: COMMIT, digest, artifacts: [] },
  run,
  evidence: [],
  createdAt: `2026-01-01T00:00:0${run.at(-1) ?? ''}Z`,
  ...more,
});
const live = (digest: string): Live => ({
  release: row(digest, 'r').release,
  slot: 'blue',
  configuration: deploymentPlan().configuration,
  deployment: 'deployment/shop/staging/1',
  since: '2026-01-01T00:00:00Z',
});
const target = (environment: string, more: Partial<TargetState>): TargetState => ({
  ...newTarget({ service: 'shop', environment }),
  ...more,
});
const held = (digest: string) => ({
  holdMarks: [{ digest, version: 'v1', deployment: 'd', reason: 'slow', at: '2026-01-01T00:00:00Z' }],
});

describe('what is shipped of a commit that was built before', () => {
  const twice = [row('new', 'r2'), row('old', 'r1')];
  test.each<[string, readonly ReleaseRow[], readonly TargetState[], string | undefined, string?, string[]?]>([
    ['nothing was built', [], [], undefined],
    ['the newest', twice, [], 'new', 'r2', []],
    [
      'the one that is known good somewhere',
      twice,
      [target('staging', { knownGood: live('old') })],
      'old',
      'r1',
      ['staging'],
    ],
    [
      'the newest of those that are known good',
      twice,
      [target('staging', { knownGood: live('old') }), target('test', { knownGood: live('new') })],
      'new',
      'r2',
      ['test'],
    ],
    [
      'one that only serves is not known good',
      twice,
      [target('staging', { live: live('old') })],
      'new',
      'r2',
      [],
    ],
    ['one that this environment does not hold', twice, [target('production', held('new'))], 'old', 'r1', []],
    [
      'another environment’s hold is not this one’s',
      twice,
      [target('staging', held('new'))],
      'new',
      'r2',
      [],
    ],
    [
      'known good there, and held here: another',
      twice,
      [target('staging', { knownGood: live('old') }), target('production', held('old'))],
      'new',
      'r2',
      [],
    ],
    [
      'all are held: the worker will say so',
      [row('new', 'r2')],
      [target('production', held('new'))],
      'new',
      'r2',
      [],
    ],
    ['the run that built it, not those that shipped it', [row('a', 'r3'), row('a', 'r2')], [], 'a', 'r2', []],
  ])('%s', (_, rows, targets, release, run, goodIn) => {
    const expected = release === undefined ? undefined : { release, run, goodIn };
    expect(toReuse(rows, targets, ['production'])).toEqual(expected);
  });
});

test('a release is marked where rules rolled it back, also with one configuration alone', () => {
  const { configuration } = deploymentPlan();
  const holdMarks = held('b').holdMarks.map((mark) => ({ ...mark, configuration }));
  const targets = [target('staging', held('a')), target('production', { holdMarks })];
  expect(['a', 'b', 'c'].map((digest) => isMarked(digest, targets, ['production']))).toEqual([
    false,
    true,
    false,
  ]);
});

describe('the list of releases', () => {
  test('has one line a release, with all its names, what all its runs found, and where it is', () => {
    const rows = [
      row('b', 'r3'),
      row('a', 'r2', {
        evidence: [scan('e1'), scan('e1', 'scan-dist')],
        release: { ...row('a', 'r2').release, version: 'v1.0' },
      }),
      row('a', 'r1', { evidence: [scan('e1')] }),
    ];
    const targets = [
      target('production', { live: live('a'), ...held('b') }),
      target('staging', { live: live('b'), knownGood: live('a') }),
    ];
    expect(releaseViews(rows, targets)).toEqual([
      {
        ...{ digest: 'b', versions: ['v1'], commit: COMMIT, run: 'r3', createdAt: '2026-01-01T00:00:03Z' },
        ...{ evidence: [], live: ['staging'], knownGood: [], held: ['production'] },
      },
      {
        ...{ digest: 'a', versions: ['v1.0', 'v1'], commit: COMMIT, run: 'r1' },
        ...{ createdAt: '2026-01-01T00:00:01Z', evidence: [scan('e1'), scan('e1', 'scan-dist')] },
        ...{ live: ['production'], knownGood: ['staging'], held: [] },
      },
    ]);
    expect(releaseViews([], targets)).toEqual([]);
  });
});
