import type { TargetRef } from './ids.js';
import type { Queries } from './watch-plan.js';
import type { Subject } from './window.js';

const OF_TARGET = 'service="$service",environment="$environment"';
const HAPROXY = 'haproxy_server_(http_responses|connection_errors|response_errors)_total';

/** What shipway itself counts, wherever its code routes. */
function ownCounters(prefix: string) {
  return {
    requests: `${prefix}_request_seconds_count{${OF_TARGET}}`,
    errors: `${prefix}_errors_total{${OF_TARGET}}`,
    latency: `${prefix}_request_seconds_bucket{${OF_TARGET}}`,
    aborted: `${prefix}_aborted_total{${OF_TARGET}}`,
  } as const;
}

/**
 * What Prometheus is asked where a configuration says nothing else, by the router whose counters it scrapes. HAProxy has no histogram of
 * how long answers took: that is the service's own.
 */
export const TEMPLATES = {
  gateway: {
    ...ownCounters('shipway_gateway'),
    atRisk: `shipway_gateway_at_risk_requests_total{${OF_TARGET}}`,
    firstErrors: `shipway_gateway_first_errors_total{${OF_TARGET}}`,
  },
  nginx: ownCounters('shipway_nginx'),
  haproxy: {
    requests: `{__name__=~"${HAPROXY}",${OF_TARGET}}`,
    errors: `{__name__=~"${HAPROXY}",code=~"(5xx)?",${OF_TARGET}}`,
  },
} as const satisfies Readonly<Record<string, Partial<Queries>>>;

/** A query of whom it is about: of a target, or of one release in its slot. No name of theirs can end a text in it. */
export const named = (query: string, of: TargetRef & Partial<Subject>): string =>
  query.replaceAll(NAMES, (text, name: keyof typeof of) => of[name] ?? text);
const NAMES = /\$(service|environment|release|slot)\b/g;

/** Whether a query is one of each release, and not of a target as a whole. */
export const tellsReleases = (query: string): boolean => /\$(?:release|slot)\b/.test(query);
