import { describe, expect, test } from 'vitest';
import { inARow, needsOf, unseenBy, waitsFor } from '../../src/domain/graph.js';
import { commandStage, ownStage, scanStage } from '../support/plans.js';

const stages = (...all: readonly (readonly [string, ...string[]])[]) =>
  all.map(([name, ...needs]) => ({ name, needs }));

describe('what waits for what', () => {
  test('a stage waits for all that it needs, itself or through others', () => {
    const waits = waitsFor(stages(['a'], ['b', 'a'], ['c'], ['d', 'b', 'c']));
    expect([...(waits.get('d') ?? [])].sort()).toEqual(['a', 'b', 'c']);
    expect([...(waits.get('c') ?? [])]).toEqual([]);
  });

  test.each([
    ['each after the one before', stages(['a'], ['b', 'a'], ['c', 'b']), true],
    ['after the one before through another', stages(['a'], ['b', 'a'], ['c', 'b', 'a']), true],
    ['one that waits for none', stages(['a'], ['b']), false],
    ['two after the same', stages(['a'], ['b', 'a'], ['c', 'a']), false],
    ['one alone', stages(['a']), true],
  ])('%s', (_, graph, expected) => {
    expect(inARow(graph)).toBe(expected);
  });

  test('a plan of an earlier form runs in a row, whatever its stages need', () => {
    const of = [commandStage('a'), commandStage('b'), commandStage('c')];
    expect(needsOf({ schema: 1, stages: of })).toEqual(stages(['a'], ['b', 'a'], ['c', 'b']));
    expect(needsOf({ schema: 3, stages: of }).map((s) => s.needs)).toEqual([[], [], []]);
  });
});

test.each([
  ['a command', commandStage('bundle', { artifacts: ['out/'] }), 'bundle'],
  ['a stage of one’s own kind', ownStage({ name: 'bundle', artifacts: ['out/'] }), 'bundle'],
  ['one that leaves nothing', ownStage({ name: 'bundle' }), undefined],
])('a scan before %s that leaves artifacts has not seen them', (_, after, unseen) => {
  const plan = { schema: 1, stages: [commandStage('build'), scanStage(), after] } as const;
  expect(unseenBy(plan, 'scan')).toBe(unseen);
});
