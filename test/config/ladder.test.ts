import { expect, test } from 'vitest';
import { problemsOf, service, valid } from './texts.js';

const canary = (keys: string): string =>
  service('strategy: canary\n', `strategy: canary\n  canary: { ${keys} }\n`);
const stepsOf = (text: string): unknown => valid(text).environments['production']?.strategy;

test.each<[string, readonly number[]]>([
  ['step: 30%, maximum: 60%', [3_000, 6_000, 10_000]],
  ['step: 30%, maximum: 50%', [3_000, 5_000, 10_000]],
  ['step: 40%', [4_000, 8_000, 10_000]],
  ['maximum: 10%', [500, 1_000, 10_000]],
  ['step: 50%, maximum: 50%', [5_000, 10_000]],
  ['step: 100%', [10_000]],
])('shares are counted up: %s', (counted, steps) => {
  expect(stepsOf(canary(counted))).toMatchObject({ steps });
});

test('so are those of a flag', () => {
  const text = service(
    'strategy: canary\n',
    'strategy: feature_flag\n  feature_flag: { flag: a, step: 50% }\n',
  );
  expect(stepsOf(`flags: { a: }\n${text}`)).toMatchObject({ steps: [5_000, 10_000] });
});

test.each<[all: string, own: string, readonly number[]]>([
  ['steps: [5%, 100%]', 'step: 50%', [5_000, 10_000]],
  ['steps: [5%, 100%]', 'maximum: 5%', [500, 10_000]],
  ['step: 20%, maximum: 40%', 'steps: [5%, 100%]', [500, 10_000]],
  ['step: 20%, maximum: 40%', 'maximum: 20%', [2_000, 10_000]],
  ['step: 20%, maximum: 40%', 'step_duration: 1m', [2_000, 4_000, 10_000]],
])('of %s for all an environment makes %s', (all, own, steps) => {
  const text = canary(all).replace('production: {}', `production: { canary: { ${own} } }`);
  expect(stepsOf(text)).toMatchObject({ steps });
});

test.each([
  ['steps: [5%, 100%], step: 5%', 'deploy.canary.step: steps says each share already; try one of the two'],
  ['steps: [5%, 100%], maximum: 50%', 'deploy.canary.maximum: steps says each share already'],
  ['step: 50%, maximum: 20%', 'deploy.canary.maximum: it is less than one step; try at least 50%'],
  [
    'maximum: 4%',
    'deploy.canary.maximum: it is less than a step, which is 5% where none is said; try at least 5%',
  ],
  ['step: 1x, maximum: 3%', 'deploy.canary.step: "1x" is no percentage'],
  ['steps: [5%, 1x], maximum: 3%', 'deploy.canary.steps[1]: "1x" is no percentage'],
  ['step: 0.5%', 'deploy.canary.step: 0.5% is too little; try at least 1%'],
  ['step: 10%, maximum: 101%', 'deploy.canary.maximum: "101%" is more than everything; try at most 100%'],
])('%s is refused', (keys, problem) => {
  const said = problemsOf(canary(keys));
  expect(said).toContain(problem);
  expect(said.split('\n')).toHaveLength(1);
});
