import { expect, test } from 'vitest';
import { wentWhole } from '../../src/cli/rollback.js';

const BACK = { kind: 'deploy', outcome: 'rolled_back' } as const;

test.each([
  ['in_place', BACK, true, true],
  ['rolling', BACK, true, true],
  ['rolling', BACK, false, false],
  ['canary', BACK, true, false],
  ['in_place', { kind: 'rollback', outcome: 'shipped' } as const, true, true],
  // Nobody has returned anywhere.
  ['in_place', { kind: 'deploy', outcome: 'aborted' } as const, true, false],
  ['rolling', { kind: 'rollback', outcome: 'failed' } as const, true, false],
])(
  'with %s, %j, gradual: %s, users returned whole against what was asked: %s',
  (strategy, of, gradual, whole) => {
    expect(wentWhole({ strategy, ...of }, { gradual })).toBe(whole);
  },
);
