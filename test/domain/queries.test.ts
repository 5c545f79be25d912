import { expect, test } from 'vitest';
import {
  TEMPLATES,
  countedTogether,
  named,
  queriesLeft,
  templateOf,
  tellsReleases,
} from '../../src/domain/queries.js';
import type { Queries } from '../../src/domain/watch-plan.js';

const OF = 'service="$service",environment="$environment"';
const HAPROXY =
  'haproxy_server_http_responses_total|haproxy_server_connection_errors_total|haproxy_server_response_errors_total';

test.each([
  ['gateway', TEMPLATES.gateway],
  ['own:edge', {}],
  ['constructor', {}],
  [
    'gateway+nginx',
    {
      requests: `{__name__=~"shipway_gateway_request_seconds_count|shipway_nginx_request_seconds_count",${OF}}`,
      errors: `{__name__=~"shipway_gateway_errors_total|shipway_nginx_errors_total",${OF}}`,
      latency: `{__name__=~"shipway_gateway_request_seconds_bucket|shipway_nginx_request_seconds_bucket",${OF}}`,
      aborted: `{__name__=~"shipway_gateway_aborted_total|shipway_nginx_aborted_total",${OF}}`,
    },
  ],
  [
    'haproxy+nginx',
    {
      requests: `{__name__=~"${HAPROXY}|shipway_nginx_request_seconds_count",${OF}}`,
      errors: `{__name__=~"${HAPROXY}|shipway_nginx_errors_total",code=~"(5xx)?",${OF}}`,
      aborted: `{__name__=~"shipway_nginx_aborted_total",${OF}}`,
    },
  ],
])('what Prometheus is asked with the router %s', (router, queries) => {
  expect(templateOf(router)).toEqual(queries);
});

test('with one of two gone the other alone is asked, and what somebody has given is asked as it is', () => {
  const latency = 'own_bucket';
  const together = { ...templateOf('haproxy+nginx'), latency } as Queries;
  expect(queriesLeft(together, 'haproxy+nginx', ['haproxy'])).toEqual({ ...TEMPLATES.haproxy, latency });
  expect(queriesLeft(together, 'haproxy+nginx', ['nginx'])).toEqual({ ...TEMPLATES.nginx, latency });
  expect(queriesLeft(together, 'haproxy+nginx', ['haproxy', 'nginx'])).toEqual(together);
  const both = templateOf('gateway+nginx') as Queries;
  expect(queriesLeft(both, 'gateway+nginx', ['nginx'])).toEqual(TEMPLATES.nginx);
  const given = { requests: 'r', errors: 'e', latency, aborted: 'a' };
  expect(queriesLeft(given, 'haproxy+nginx', ['haproxy'])).toEqual(given);
});

test('of what two routers count each must be there, and of nothing else', () => {
  const { requests = '', aborted = '' } = templateOf('haproxy+nginx');
  expect(countedTogether(requests)).toEqual([...HAPROXY.split('|'), 'shipway_nginx_request_seconds_count']);
  for (const other of [aborted, TEMPLATES.haproxy.requests, TEMPLATES.nginx.errors, '{__name__=~"a|b"}'])
    expect(countedTogether(other)).toEqual([]);
});

test('names stand for whom it is asked of, each wherever it is', () => {
  const of = { service: 'shop', environment: 'staging', release: 'e'.repeat(64), slot: 'green' } as const;
  expect(named('a{s="$service-$environment",r="$release"} + b{c="$slot$slot"}', of)).toBe(
    `a{s="shop-staging",r="${of.release}"} + b{c="greengreen"}`,
  );
  expect(named('$release', { service: 'shop', environment: 'staging' })).toBe('$release');
  expect(['a{r="$release"}', 'a{s="$slot"}', 'a{s="$service"}'].map(tellsReleases)).toEqual([
    true,
    true,
    false,
  ]);
});
