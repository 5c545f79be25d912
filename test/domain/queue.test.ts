import { expect, test } from 'vitest';
import type { QueueRules } from '../../src/domain/plan.js';
import { outrun, queueRules } from '../../src/domain/queue.js';
import type { DeployRequest } from '../../src/domain/target.js';
import { deploymentPlan, requestFor } from '../support/plans.js';

const waiting = (id: string, policy: QueueRules['policy']): DeployRequest => ({
  ...requestFor('shop', 'production', id, id),
  plan: deploymentPlan({ queue: { policy, duringBake: 'queue', minBakeMs: 1 } }),
});

test.each<[string, string]>([
  ['', ''],
  ['a:queue b:queue', ''],
  ['a:supersede', ''],
  ['a:queue b:supersede', 'a'],
  ['a:supersede b:queue', ''],
  ['a:queue b:supersede c:queue d:supersede e:queue', 'a b c'],
  ['a:queue b:supersede unfit:supersede', 'a'],
  ['a:queue unfit:supersede', ''],
])('of those who wait (%s) a later one takes the place of: %s', (queue, expected) => {
  const requests = queue
    .split(' ')
    .filter(Boolean)
    .map((text) => {
      const [id = '', policy = ''] = text.split(':');
      return waiting(id, policy as QueueRules['policy']);
    });
  expect(
    outrun(requests, ({ requestId }) => requestId !== 'unfit')
      .map((r) => r.requestId)
      .join(' '),
  ).toBe(expected);
});

test('a plan of before waits in order, behind a whole bake', () => {
  expect(queueRules({})).toEqual({ policy: 'queue', duringBake: 'queue', minBakeMs: Infinity });
});
