import { routersIn } from './adapters.js';
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

/**
 * The same of a plan's router. Of two that serve together it is one selector over what both count; a part that one of them does not count
 * at all is left out, but for requests that users have given up: what does not count those has not counted them as requests.
 */
export function templateOf(router: string): Partial<Queries> {
  const routers = routersIn(router);
  if (routers.length > 1) return ofTogether(routers);
  const templates: Readonly<Record<string, Partial<Queries>>> = TEMPLATES;
  return Object.hasOwn(templates, router) ? (templates[router] ?? {}) : {};
}

const ownNames = (prefix: string): Names => ({
  requests: [`${prefix}_request_seconds_count`],
  errors: [`${prefix}_errors_total`],
  latency: [`${prefix}_request_seconds_bucket`],
  aborted: [`${prefix}_aborted_total`],
});
const HAPROXY_NAMES = ['http_responses', 'connection_errors', 'response_errors'].map(
  (what) => `haproxy_server_${what}_total`,
);
const COUNTERS: Readonly<Record<string, Names>> = {
  gateway: ownNames('shipway_gateway'),
  nginx: ownNames('shipway_nginx'),
  haproxy: { requests: HAPROXY_NAMES, errors: HAPROXY_NAMES },
};
const PARTS = ['requests', 'errors', 'latency', 'aborted'] as const;
type Names = Readonly<Partial<Record<(typeof PARTS)[number], readonly string[]>>>;

function ofTogether(routers: readonly string[]): Partial<Queries> {
  const all = routers.map((name) => COUNTERS[name] ?? {});
  return Object.fromEntries(
    PARTS.filter((part) => part === 'aborted' || all.every((of) => of[part] !== undefined)).map((part) => {
      const names = all.flatMap((of) => of[part] ?? []);
      // What has no label `code` has none that is not 5xx.
      const failed = part === 'errors' && routers.includes('haproxy') ? 'code=~"(5xx)?",' : '';
      return [part, `{__name__=~"${names.join('|')}",${failed}${OF_TARGET}}`];
    }),
  );
}

/**
 * The names in a selector over what two routers count, of which each must be there: what one of them alone has counted is not what users
 * met. None for any other query.
 */
export function countedTogether(query: string): readonly string[] {
  const names = /^\{__name__=~"(\w+(?:\|\w+)*)"/.exec(query)?.[1]?.split('|') ?? [];
  const counting = Object.values(COUNTERS).filter((of) =>
    PARTS.some((part) => of[part]?.some((name) => names.includes(name))),
  );
  return counting.length > 1 ? names : [];
}
