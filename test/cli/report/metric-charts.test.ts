import { expect, test } from 'vitest';
import { pageOf } from '../../../src/cli/report/html/page.js';
import { reportOf, type Gathered } from '../../../src/cli/report/report-of.js';
import { watching } from '../../../src/cli/report/watched.js';
import { PRODUCTION, T0 } from './entries.js';
import { gathered } from './gathered.js';

const page = async (more: Partial<Gathered>): Promise<string> => pageOf(reportOf(await gathered(more)));

test('draws business metrics with their limits, and where one is low the least of them', async () => {
  const metrics = { orders: { query: 'orders', min: 10, windowMs: 60_000 } };
  const watch = watching(10);
  for (const [i, value] of [12, 8.5].entries())
    watch.add({
      ...{ deployment: PRODUCTION, phase: 'bake', trigger: 'metric:orders', limit: 'at least 10' },
      ...{ at: new Date(T0 + i * 100).toISOString(), value: String(value) },
      verdict: { kind: 'inconclusive', reason: 'as it is' },
      measured: { of: 1, value, stable: 11 },
    });
  const deployments = (await gathered()).deployments.map(({ row }) => ({
    row: { ...row, plan: { ...row.plan, watch: { ...row.plan.watch, triggers: { metrics } } } },
    watched: watch.end(),
  }));
  const text = await page({ deployments });
  for (const said of [
    '-metric:orders-title">orders</title>',
    '>limit 10</text',
    '2 samples, from 8.5 to 12; the worst verdict is inconclusive',
    ': 8.5, inconclusive</title>',
  ])
    expect(text).toContain(said);
});

test('draws a metric below 0 down from it, with its limit apart from its value', async () => {
  const metrics = { margin: { query: 'margin', max: -2, windowMs: 60_000 } };
  const watch = watching(10);
  watch.add({
    ...{ deployment: PRODUCTION, phase: 'bake', trigger: 'metric:margin', limit: 'at most -2' },
    ...{ at: new Date(T0).toISOString(), value: '-8', measured: { of: 1, value: -8 } },
    verdict: { kind: 'pass', reason: 'as it is' },
  });
  const deployments = (await gathered()).deployments.map(({ row }) => ({
    row: { ...row, plan: { ...row.plan, watch: { ...row.plan.watch, triggers: { metrics } } } },
    watched: watch.end(),
  }));
  const text = await page({ deployments });
  expect(text).toMatch(/<line class="limit" x1="0" x2="100%" y1="25%"/);
  expect(text).toMatch(/class="mark pass"[^>]* cy="100%"/);
  for (const tick of ['0', '-2', '-8']) expect(text).toContain(`dy="0.32em">${tick}</text>`);
});
