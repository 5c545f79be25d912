import { expect, test } from 'vitest';
import { wholeText } from '../../src/cli/rollback.js';

test.each([
  ['in_place', true, 'with in_place the old instances are started again first'],
  ['rolling', true, 'with rolling the old'],
  ['rolling', false, ''],
  ['canary', true, ''],
])('with %s a rollback by quarters (%s) says what it cannot be: %j', (strategy, gradual, said) => {
  const [text = ''] = wholeText({ strategy }, { gradual });
  expect(text).toContain(said);
  expect(text === '').toBe(said === '');
});
