import { expect, test } from 'vitest';
import { metricsText, unjudgedText } from '../../src/config/explain-metrics.js';
import type { DeploymentPlan } from '../../src/domain/plan.js';
import { service, valid } from './texts.js';

const METERED = service(
  '  strategy: canary',
  `  strategy: canary
  metrics: prometheus
  triggers:
    metrics:
      orders: { query: 'sum(rate(orders{release="$release"}[5m]))', min: 0.5, max: 1e3, direction: decrease }
      paid: { query: paid, max: -2, window: 90s }`,
);
const plans = (text: string): Readonly<Record<string, DeploymentPlan>> => valid(text).environments;

test('have their defaults, and may differ in an environment', () => {
  const { staging, production } = plans(
    METERED.replace(
      '  production: {}',
      `  production: { triggers: { metrics: { orders: { min: 2, tolerance: 5% }, paid: { direction: either, query: 'paid{slot="$slot"}' } } } }`,
    ),
  );
  const orders = (min: number, tolerance: number) => ({
    ...{ query: 'sum(rate(orders{release="$release"}[5m]))', min, max: 1_000 },
    ...{ beside: { direction: 'decrease', tolerance }, windowMs: 300_000 },
  });
  expect(staging?.watch.triggers.metrics).toEqual({
    orders: orders(0.5, 2_000),
    paid: { query: 'paid', max: -2, windowMs: 90_000 },
  });
  expect(production?.watch.triggers.metrics).toEqual({
    orders: orders(2, 500),
    paid: {
      ...{ query: 'paid{slot="$slot"}', max: -2, windowMs: 90_000 },
      beside: { direction: 'either', tolerance: 2_000 },
    },
  });
});

test('a plan without them has nothing of them', () => {
  for (const plan of Object.values(plans(service())))
    expect(plan.watch.triggers).not.toHaveProperty('metrics');
});

test('are said in a plan with what is asked, and where stable has no part in it', () => {
  const { staging, production } = plans(METERED);
  expect(metricsText(production?.watch.triggers.metrics)).toEqual([
    'orders not 0.5 to 1000, at most 20 % below stable’s while users are with both at every look of 5m (sum(rate(orders{release="$release"}[5m])))',
    'paid not at most -2 at every look of 90s (paid)',
  ]);
  expect([production, staging].map((plan) => plan && unjudgedText(plan))).toEqual([
    [],
    ['  orders is not judged beside stable, as users are never with both; its own limits decide'],
  ]);
});
