import { expect, test } from 'vitest';
import { resolvePlan } from '../../src/config/index.js';
import { facts, problemsOf, service, valid } from './texts.js';

const gated = (only: string): string => service('  - approve', `  - { name: approve, only: ${only} }`);

test.each([
  ['[{ tag: "v*" }]', { tag: 'v1.2.3' }, undefined],
  ['[main, { tag: "v*" }]', {}, undefined],
  ['[{ tag: "v*" }]', {}, 'tags v*, and v1 is not one'],
  ['[{ tag: "v*.0" }]', { tag: 'v1.2.3' }, 'tags v*.0, and v1 is not one'],
  ['[next, { tag: "v*" }]', { tag: 'x1' }, 'commits on next, and for tags v*, and v1 is not one'],
])('only: %s of %o', (only, more, why) => {
  const planned = () => resolvePlan(valid(gated(only)), ['production'], facts({ version: 'v1', ...more }));
  if (why === undefined) expect(planned().stages.every(({ skipped }) => skipped === undefined)).toBe(true);
  else expect(planned).toThrow(`v1 cannot be deployed: stage approve runs only for ${why}`);
});

test.each([
  [
    '[{ tag: "v[0-9]" }]',
    '"v[0-9]" is no pattern of versions; try letters, digits and . _ + - with * for any',
  ],
  ['[{ tag: refs/tags/v1 }]', '"refs/tags/v1" is no pattern of versions; try v1'],
  ['[{ tags: "v*" }]', 'there is no key "tags"; try tag'],
  ['[main*]', '"main*" is a pattern, and branches are named one by one'],
])('only: %s is refused', (only, problem) => {
  expect(problemsOf(gated(only))).toContain(problem);
});
