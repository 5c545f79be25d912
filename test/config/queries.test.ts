import { expect, test } from 'vitest';
import { queriesSchema } from '../../src/config/query-schema.js';

test.each([
  ['sum(a)', false],
  ['sum by (release, slot) (a)', false],
  ['SUM without(instance) (a)', false],
  [' ( max (a))', false],
  ['count_values("v", a)', false],
  ['topk(5, a)', false],
  ['sum_of_all_total', true],
  ['count{release="a"}', true],
  ['(summary_count + minutes_total)', true],
  ['a{path="sum(x)"}', true],
  ['a + on(instance) group_left sum(b)', false],
  ['round(sum(a))', false],
  ['a unless on(instance) max(b) > 5', true],
] as const)('what adds processes together is no query: %s', (latency, allowed) => {
  expect(queriesSchema.safeParse({ latency }).success).toBe(allowed);
});
