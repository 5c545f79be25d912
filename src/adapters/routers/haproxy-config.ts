import type { UserKey } from '../../domain/plan.js';
import type { Slot } from '../../domain/target.js';
import { sha256 } from '../../hash.js';
import { SLOTS, type Served, type ServedTarget } from './served.js';
import { entryOf, hostPort, serversOf } from './servers.js';

/** What HAProxy loads. */
export const loadedFile = (folder: string): string => `${folder}/shipway.cfg`;
export const mapFile = (folder: string): string => `${folder}/shipway.map`;
export const REVISION = 'SHIPWAY_REVISION';

export const backendOf = (key: string, slot: Slot): string => `${frontendOf(key)}.${slot}`;
const frontendOf = (key: string): string => `shipway.${key.replace('/', '.')}`;

/** What only a reload changes: which targets there are, on which ports, and what says who a user is. */
export const revisionOf = (served: Served, folder: string): string =>
  sha256(configOf(served, folder, () => [])).slice(0, 16);

/** `shipway.cfg`: everything, as it is now, so that HAProxy has it after anybody's reload. */
export function configText(served: Served, folder: string): string {
  return [
    '# Written by shipway, which writes over every change. See docs/haproxy.md.',
    'global',
    `  setenv ${REVISION} ${revisionOf(served, folder)}`,
    configOf(served, folder, (target, slot) =>
      serversOf(target, slot).map((server) => `  server ${server.name} ${hostPort(server)}`),
    ),
  ].join('\n');
}

export const mapText = ({ targets }: Served): string =>
  Object.entries(targets)
    .flatMap(([key, target]) => {
      const entry = entryOf(target);
      return entry === undefined ? [] : [`${key} ${entry}\n`];
    })
    .join('');

type Lines = (target: ServedTarget, slot: Slot) => readonly string[];

const configOf = ({ targets }: Served, folder: string, servers: Lines): string =>
  [DEFAULTS, ...Object.entries(targets).map(([key, target]) => proxies(key, target, folder, servers))].join(
    '\n',
  );

/** `idle-close-on-response`: a reload ends no kept connection under a request that is on its way. */
const DEFAULTS = `defaults shipway
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 60s
  timeout tunnel 1h
  retries 2
  option redispatch 1
  option forwardfor
  option idle-close-on-response
`;

const proxies = (key: string, target: ServedTarget, folder: string, servers: Lines): string =>
  [
    `frontend ${frontendOf(key)} from shipway`,
    `  bind 127.0.0.1:${String(target.port)}`,
    ...routing(key, target.userKey, folder).map((line) => `  ${line}`),
    ...SLOTS.flatMap((slot) => [
      `backend ${backendOf(key, slot)} from shipway`,
      '  balance roundrobin',
      ...servers(target, slot),
    ]),
    '',
  ].join('\n');

const NO_KEY = 'if !{ var(txn.key) -m len gt 0 }';
const OWN_COOKIE = 'shipway_id';
const COOKIE = `${OWN_COOKIE}=%[var(txn.fresh)]; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax`;

/** The bucket of `domain/buckets`, and the slot that has it: the candidate below its share, the other above. */
const routing = (key: string, userKey: readonly UserKey[], folder: string): readonly string[] => [
  `http-request set-var(txn.split) str(${key}),map_str(${mapFile(folder)})`,
  'http-request return status 503 content-type text/plain string "no release is served here\\n" unless { var(txn.split) -m found }',
  ...['candidate', 'share', 'other', 'salt'].map(
    (name, i) => `http-request set-var(txn.${name}) var(txn.split),field(${String(i + 1)},|)`,
  ),
  ...userKey.map((one) => `http-request set-var(txn.key) ${fetchOf(one)} ${NO_KEY}`),
  `http-request set-var(txn.own) req.cook(${OWN_COOKIE})`,
  `http-request set-var(txn.key) var(txn.own) ${NO_KEY} { var(txn.own) -m reg ^[A-Za-z0-9_-]{22,36}$ }`,
  `http-request set-var(txn.fresh) uuid() ${NO_KEY}`,
  `http-request set-var(txn.key) var(txn.fresh) ${NO_KEY}`,
  'http-request set-var(txn.bucket) var(txn.salt),concat(:,txn.key),xxh32(0),mod(10000)',
  'http-request set-var(txn.slot) var(txn.other)',
  'http-request set-var(txn.slot) var(txn.candidate) if { var(txn.bucket),sub(txn.share) -m int lt 0 }',
  'http-request set-var(txn.secure) str("; Secure") if { req.hdr(x-forwarded-proto) https }',
  `http-after-response add-header Set-Cookie "${COOKIE}%[var(txn.secure)]" if { var(txn.fresh) -m found } { var(txn.share) -m int 1:9999 }`,
  `use_backend ${frontendOf(key)}.%[var(txn.slot)]`,
];

const fetchOf = (key: UserKey): string =>
  'header' in key ? `req.fhdr(${key.header})` : `req.cook(${key.cookie})`;
