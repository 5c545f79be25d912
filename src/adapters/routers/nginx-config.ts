import { sha256 } from '../../hash.js';
import type { NginxPlace } from './nginx-place.js';
import { SLOTS, type Served, type ServedTarget } from './served.js';
import { entryOf, hostPort, serversOf } from './servers.js';

/** What nginx includes. Without a target it says nothing, and asks nothing of nginx. */
export const loadedFile = (folder: string): string => `${folder}/shipway.conf`;
const TITLE = '# Written by shipway, which writes over every change. See docs/nginx.md.\n';

/** All about a target that changes without a reload: one text, so that it changes at once or not at all. */
export const stateText = (target: ServedTarget): string =>
  [
    entryOf(target) === undefined ? [] : [`split=${entryOf(target) ?? ''}`],
    SLOTS.filter((slot) => target.slots[slot] !== undefined).map(
      (slot) =>
        `${slot}=${target.slots[slot]?.release ?? ''}|${serversOf(target, slot).map(hostPort).join(',')}`,
    ),
    target.userKey.map((key) => ('header' in key ? `key=header|${key.header}` : `key=cookie|${key.cookie}`)),
  ]
    .flat()
    .join(' ');

/** `shipway.targets`: what a new start begins with, a line for each target. */
export const targetsText = ({ targets }: Served): string =>
  Object.entries(targets)
    .map(([key, target]) => `${key} ${stateText(target)}\n`)
    .join('');

/** What only a reload changes: which targets there are, on which ports, and the code. `undefined`: there is nothing to be loaded. */
export const revisionOf = (served: Served, place: NginxPlace): string | undefined =>
  Object.keys(served.targets).length === 0
    ? undefined
    : sha256(confOf(served, place, '') + place.code.map(({ text }) => text).join('')).slice(0, 16);

export function confText(served: Served, place: NginxPlace): string {
  const revision = revisionOf(served, place);
  return revision === undefined ? TITLE : confOf(served, place, revision);
}

const confOf = ({ targets }: Served, place: NginxPlace, revision: string): string =>
  [
    TITLE,
    shared(place),
    admin(place, revision, Object.keys(targets)),
    ...Object.entries(targets).map(([key, target]) => server(key, target, place)),
  ].join('');

/** The code is read once by each worker process. */
const lua = ({ folder }: NginxPlace, call: string): string =>
  `{ (package.loaded["shipway"] or dofile("${folder}/shipway.lua")).${call} }`;

/**
 * A kept connection to a member is given up before the member does so, which is after 5 s with Node's own server: a request that is not to
 * be repeated would fail on it.
 */
const shared = (place: NginxPlace): string => `lua_shared_dict shipway_states 4m;
lua_shared_dict shipway_inflight 4m;
lua_shared_dict shipway_counts 16m;
map $http_upgrade $shipway_connection { default upgrade; '' ''; }
map $http_x_forwarded_proto $shipway_proto { default $http_x_forwarded_proto; '' $scheme; }
upstream shipway {
  server 0.0.0.1;
  balancer_by_lua_block ${lua(place, 'balance()')}
  keepalive 64;
  keepalive_timeout 2s;
}
`;

/** The block `http` says things of all servers, and none of them is to change an answer. Its error pages are inherited where there are none. */
const ANSWERS = `error_page 599 /;
  gzip off;`;

/** Of what was written before. */
export const tokenIn = (conf: string): string | undefined =>
  /\badmin\("[0-9a-f]*", "([0-9a-f]{64})"/.exec(conf)?.[1];

const admin = (place: NginxPlace, revision: string, keys: readonly string[]): string => `server {
  listen 127.0.0.1:${String(place.port)};
  access_log off;
  ${ANSWERS}
  client_max_body_size 1m;
  client_body_buffer_size 1m;
  location / {
    content_by_lua_block ${lua(place, `admin("${revision}", "${place.token ?? ''}", { ${keys.map((key) => `"${key}"`).join(', ')} })`)}
  }
}
`;

/** What users ask is handed on as they asked it, and what they are answered at once. */
const server = (key: string, { port }: ServedTarget, place: NginxPlace): string => `server {
  listen 127.0.0.1:${String(port)};
  server_name shipway.${key.replace('/', '.')};
  underscores_in_headers on;
  ignore_invalid_headers off;
  ${ANSWERS}
  proxy_intercept_errors off;
  proxy_cache off;
  client_max_body_size 0;
  keepalive_timeout 60s;
  keepalive_requests 1000000;
  location / {
    rewrite_by_lua_block ${lua(place, `route("${key}")`)}
    header_filter_by_lua_block ${lua(place, 'answered()')}
    body_filter_by_lua_block ${lua(place, 'passed()')}
    log_by_lua_block ${lua(place, 'ended()')}
    proxy_pass http://shipway;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $shipway_proto;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $shipway_connection;
    proxy_request_buffering off;
    proxy_buffering off;
    proxy_redirect off;
    proxy_connect_timeout 2s;
    proxy_send_timeout 60s;
    proxy_read_timeout 60s;
    proxy_next_upstream error timeout;
    proxy_next_upstream_timeout 5s;
  }
}
`;
