import { expect, test } from 'vitest';
import { TEMPLATES, countedTogether, templateOf } from '../../src/domain/queries.js';

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

test('of what two routers count each must be there, and of nothing else', () => {
  const { requests = '', aborted = '' } = templateOf('haproxy+nginx');
  expect(countedTogether(requests)).toEqual([...HAPROXY.split('|'), 'shipway_nginx_request_seconds_count']);
  for (const other of [aborted, TEMPLATES.haproxy.requests, TEMPLATES.nginx.errors, '{__name__=~"a|b"}'])
    expect(countedTogether(other)).toEqual([]);
});
