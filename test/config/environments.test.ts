import { expect, test } from 'vitest';
import { parseDocument } from '../../src/config/document.js';
import { formatProblems, serviceIn } from '../../src/config/index.js';
import { SERVICE, problemsOf, service } from './texts.js';

const IDLE =
  'f:16:3 deploy.canary: no environment has the strategy canary; try strategy: canary, or leaving it out';
const HERE = 'the strategy here is blue_green, which has no steps; try strategy: canary, or leaving it out';

test.each([
  ['blue_green', '', [IDLE]],
  ['blue_green', 'strategy: canary', []],
  ['canary', 'strategy: blue_green', [IDLE]],
  ['blue_green', 'canary: { steps: [5%] }', [IDLE, `f:19:25 environments.production.canary: ${HERE}`]],
  ['blue_green', 'strategy: canary, canary: { step_duration: 1m }', []],
  [
    'blue_green',
    'strategy: canry, canary: {}',
    ['f:19:27 environments.production.strategy: "canry" is not known here; try canary'],
  ],
  ['canry', '', ['f:15:13 deploy.strategy: "canry" is not known here; try canary']],
])('a canary where there is none is a problem: %s, with { %s } in production', (strategy, own, said) => {
  const text = service('strategy: canary\n', `strategy: ${strategy}\n  canary: { steps: [5%, 100%] }\n`);
  expect(problemsOf(text.replace('production: {}', `production: { ${own} }`))).toBe(said.join('\n'));
});

test('the policy beside it names every environment, where that is known', () => {
  const said = (...allowed: string[]): string[] => {
    const loaded = serviceIn('f', parseDocument('f', SERVICE), allowed);
    return loaded.ok ? [] : formatProblems(loaded.problems).split('\n');
  };
  expect(said('production', 'qa', 'staging')).toEqual([]);
  const unnamed = 'shipway.policy.yaml does not name it, so nothing may be deployed there; try';
  const added = (name: string): string => `adding ${name}: { identity: asserted } to the environments there`;
  expect(said('prodution')).toEqual([
    `f:17:3 environments.staging: ${unnamed} ${added('staging')}`,
    `f:18:3 environments.production: ${unnamed} prodution, or ${added('production')}`,
  ]);
});
