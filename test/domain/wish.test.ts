import { expect, test } from 'vitest';
import type { RollbackRequest } from '../../src/domain/target.js';
import { formless } from '../../src/domain/wish.js';
import { statement } from '../support/plans.js';

const WISH: RollbackRequest = {
  ...{ service: 'shop', environment: 'production', requestId: 'back', reason: 'bad' },
  statement: statement('carol', 'rollback', 'target/shop/production'),
};

test.each<[string, object, string | undefined]>([
  ['as the CLI sends it', {}, undefined],
  ['without a reason', { reason: '' }, undefined],
  ['at a pace', { pace: 'gradual' }, undefined],
  ['in an emergency', { emergency: { severity: 'critical' } }, undefined],
  ['a reason that is no text', { reason: 7 }, 'reason is a text of at most 2000 characters'],
  ['a reason without an end', { reason: 'x'.repeat(2_001) }, 'reason is a text of at most 2000 characters'],
  ['another pace', { pace: 'soon' }, 'pace is one of immediate, gradual'],
  [
    'another severity',
    { emergency: { severity: '<!channel>' } },
    'emergency.severity is one of critical, error, warning',
  ],
  ['an emergency of nothing', { emergency: null }, 'emergency.severity is one of critical, error, warning'],
])('a wish to go back, %s', (_, more, why) => {
  expect(formless({ ...WISH, ...more })).toBe(why);
});
