import { expect, test } from 'vitest';
import { sinceOf } from '../../src/client/targets-now.js';
import type { RunView, TargetView } from '../../src/domain/view.js';
import { deployment, run } from '../domain/views.js';

const shipped: RunView = {
  ...run,
  deployment: deployment.id,
  outcome: 'shipped',
  stages: [{ name: 'deploy', kind: 'deploy', state: 'passed' }],
};
const target: TargetView = {
  service: 'shop',
  environment: 'production',
  live: 'v3',
  queue: [],
  holdMarks: [],
};

const since = (there: Partial<TargetView>, of: Partial<RunView> = {}): readonly string[] =>
  sinceOf([{ ...target, ...there }], { ...shipped, ...of }).map(({ live }) => live);

test('another version is live where it shipped to, also while the next one is under way', () => {
  expect(since({})).toEqual(['v3']);
  expect(since({ running: 'deployment/shop/production/3' })).toEqual(['v3']);
});

test('nothing while its own is live, and before the target has recorded that', () => {
  expect(since({ live: 'v2' })).toEqual([]);
  expect(since({ running: deployment.id })).toEqual([]);
});

test('nothing of a run that never got there, or goes on', () => {
  expect(since({}, { stages: [] })).toEqual([]);
  const { outcome: _, ...open } = shipped;
  expect(sinceOf([target], open)).toEqual([]);
});
