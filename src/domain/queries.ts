import { TOGETHER, routersIn } from './adapters.js';
import type { TargetRef } from './ids.js';
import type { Queries } from './watch-plan.js';
import type { Subject } from './window.js';

const OF_TARGET = 'service="$service",environment="$environment"';

/** What shipway itself counts, wherever its code routes. */
const ownNames = (prefix: string) => ({
  requests: `${prefix}_request_seconds_count`,
  errors: `${prefix}_errors_total`,
  latency: `${prefix}_request_seconds_bucket`,
  aborted: `${prefix}_aborted_total`,
});
const OWN = { gateway: ownNames('shipway_gateway'), nginx: ownNames('shipway_nginx') } as const;
const HAPROXY = ['http_responses', 'connection_errors', 'response_errors'] as const;
/** What has no label `code` has none that is not 5xx. */
const FAILED = 'code=~"(5xx)?",';

const ofTarget = ({ requests, errors, latency, aborted }: (typeof OWN)['nginx']) => ({
  requests: `${requests}{${OF_TARGET}}`,
  errors: `${errors}{${OF_TARGET}}`,
  latency: `${latency}{${OF_TARGET}}`,
  aborted: `${aborted}{${OF_TARGET}}`,
});

/**
 * What Prometheus is asked where a configuration says nothing else, by the router whose counters it scrapes. HAProxy has no histogram of
 * how long answers took: that is the service's own.
 */
export const TEMPLATES = {
  gateway: {
    ...ofTarget(OWN.gateway),
    atRisk: `shipway_gateway_at_risk_requests_total{${OF_TARGET}}`,
    firstErrors: `shipway_gateway_first_errors_total{${OF_TARGET}}`,
  },
  nginx: ofTarget(OWN.nginx),
  haproxy: {
    requests: `{__name__=~"haproxy_server_(${HAPROXY.join('|')})_total",${OF_TARGET}}`,
    errors: `{__name__=~"haproxy_server_(${HAPROXY.join('|')})_total",${FAILED}${OF_TARGET}}`,
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

/**
 * What is asked where one of a plan's two routers is gone: what is asked of both because nobody has said anything else is asked of the one
 * that is left, and what that does not count is not asked.
 */
export function queriesLeft(queries: Queries, router: string, left: readonly string[]): Queries {
  const [both, one] = [templateOf(router), templateOf(left.join(TOGETHER))];
  const of = (part: keyof Queries) => (queries[part] === both[part] ? one[part] : queries[part]);
  const { aborted: _, ...asked } = queries;
  const aborted = of('aborted');
  return {
    ...asked,
    requests: of('requests') ?? queries.requests,
    errors: of('errors') ?? queries.errors,
    latency: of('latency') ?? queries.latency,
    ...(aborted === undefined ? {} : { aborted }),
  };
}

const PARTS = ['requests', 'errors', 'latency', 'aborted'] as const;
type Names = Readonly<Partial<Record<(typeof PARTS)[number], readonly string[]>>>;
const ofHaproxy = HAPROXY.map((what) => `haproxy_server_${what}_total`);
const listed = ({ requests, errors, latency, aborted }: (typeof OWN)['nginx']): Names => ({
  ...{ requests: [requests], errors: [errors], latency: [latency], aborted: [aborted] },
});
const COUNTERS: Readonly<Record<string, Names>> = {
  ...{ gateway: listed(OWN.gateway), nginx: listed(OWN.nginx) },
  haproxy: { requests: ofHaproxy, errors: ofHaproxy },
};

function ofTogether(routers: readonly string[]): Partial<Queries> {
  const all = routers.map((name) => COUNTERS[name] ?? {});
  return Object.fromEntries(
    PARTS.filter((part) => part === 'aborted' || all.every((of) => of[part] !== undefined)).map((part) => {
      const names = all.flatMap((of) => of[part] ?? []);
      const failed = part === 'errors' && routers.includes('haproxy') ? FAILED : '';
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
