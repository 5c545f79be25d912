import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AuditEntry } from '../domain/audit.js';
import type { Json } from '../domain/canonical.js';
import { LOOKED_AT, wayBack } from '../domain/going-back.js';
import { usesOf, type SecretUse, type SecretWish } from '../domain/secret-use.js';
import { SECRET_PATH, secretText } from '../domain/secrets.js';
import { malformed, misdirected, outOfTime, type Statement } from '../domain/statement.js';
import type { Store } from '../domain/store.js';
import { digestOf } from '../hash.js';
import { Refused } from './failure.js';
import { given } from './given.js';
import type { ApiOptions } from './options.js';

const path = z.string().regex(SECRET_PATH, 'is no path of a secret');
const MOST_SEALED = 256 * 1024;
const sealed = z
  .string()
  .max(MOST_SEALED)
  .regex(
    /^-----BEGIN AGE ENCRYPTED FILE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END AGE ENCRYPTED FILE-----\s*$/,
    'is not sealed',
  );
const statement = z.unknown();
const ofSet = z.strictObject({ path, sealed, statement });
const version = z.int().min(1).max(999_999_999);
const ofRemove = z.strictObject({ path, version: version.exactOptional(), inUse: z.boolean(), statement });
const none = z.strictObject({});

/** Secrets by path and version: what there is, and new ones, which come sealed. Nothing here can open one. */
export function secretRoutes(v1: FastifyInstance, options: ApiOptions): void {
  const { secrets } = options;
  const ended = (): AbortSignal => AbortSignal.timeout(ANSWER_MS);
  v1.get('/secrets', async (request) => {
    none.parse(request.query);
    return { secrets: await secrets.list(ended()), uses: await usesIn(options.store) };
  });
  v1.get('/secrets/recipient', async (request) => {
    none.parse(request.query);
    return { recipient: await secrets.recipient(ended()) };
  });
  v1.post('/secrets', async (request, reply) => {
    const { statement: said, ...asked } = ofSet.parse(request.body);
    const by = await accepted(options, said, { wish: 'set_secret', ...asked });
    const version = await recorded(options, request, by, 'secret.set', asked.path, () =>
      secrets.keep(asked.path, asked.sealed, by.person, ended()),
    );
    return reply.code(201).send({ path: asked.path, version });
  });
  v1.post('/secrets/remove', async (request) => {
    const { statement: said, ...asked } = ofRemove.parse(request.body);
    const by = await accepted(options, said, { wish: 'remove_secret', ...asked });
    await refuseUnknown(options, asked.path, asked.version, ended());
    if (!asked.inUse) await refuseInUse(options.store, asked.path, asked.version);
    const versions = await recorded(options, request, by, 'secret.removed', asked.path, () =>
      secrets.remove(asked.path, asked.version, ended()),
    );
    return { path: asked.path, versions };
  });
}
const ANSWER_MS = 10_000;

/** The statement asks for exactly this, now, and for the first time. */
async function accepted({ store }: ApiOptions, said: unknown, wish: SecretWish): Promise<Statement> {
  const refused = (why: string): Refused =>
    new Refused(403, 'statement.refused', why, 'make a new statement: give the command again');
  const shape = malformed(said);
  if (shape !== undefined) throw refused(shape);
  const by = said as Statement;
  const why = outOfTime(by, Date.now()) ?? misdirected(by, wish.wish, digestOf(wish));
  if (why !== undefined) throw refused(why);
  const claim = await store.nonces.claim(by.nonce, `secret/${wish.path}`, `${wish.wish}/${by.on}`);
  if (claim === 'claimed') return by;
  throw refused('this statement has been used before');
}

/** Intent in the audit before, result after: without the store nothing is changed. Neither says anything of the value. */
async function recorded<T extends Json>(
  { store }: ApiOptions,
  request: FastifyRequest,
  by: Statement,
  event: 'secret.set' | 'secret.removed',
  path: string,
  act: () => Promise<T>,
): Promise<T> {
  const write = (event_type: string, details: AuditEntry['details']): Promise<void> =>
    store.audit.append([
      {
        ...{ key: `secret/${by.nonce}/${event_type}`, timestamp: new Date().toISOString(), event_type },
        ...{ user: by.person, service: '', environment: '', version: '', workflow: `secret/${path}` },
        ...{ details, statement: by, ip_address: request.ip },
        ...given({ user_agent: request.headers['user-agent']?.slice(0, MOST_AGENT) }),
      },
    ]);
  const reason = by.reason === undefined ? {} : { reason: by.reason };
  await write('effect.intent', { effect: event, path, ...reason });
  const result = await act();
  await write(event, { path, version: result, ...reason });
  return result;
}
const MOST_AGENT = 200;

async function usesIn(store: Store): Promise<readonly SecretUse[]> {
  const targets = await store.targets.list();
  const uses = await Promise.all(
    targets.map(async (target) => {
      const { service, environment } = target;
      const rows = await store.deployments.list({ service, environment, limit: LOOKED_AT });
      return usesOf(target, await store.deployments.open(target), wayBack(target, rows, undefined).chosen);
    }),
  );
  return uses.flat();
}

async function refuseUnknown(
  { secrets }: ApiOptions,
  path: string,
  version: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const there = await secrets.versions(path, signal);
  if (there.some((v) => version === undefined || v.version === version)) return;
  throw new Refused(
    404,
    'secret.missing',
    `there is no ${secretText({ secret: path, ...given({ version }) })}`,
    'see `shipway secrets list`',
  );
}

/** What a target runs with it would need again after a crash, and what it would go back to. */
async function refuseInUse(store: Store, path: string, version: number | undefined): Promise<void> {
  const uses = (await usesIn(store)).filter(
    (use) => use.path === path && (version === undefined || use.version === version),
  );
  if (uses.length > 0)
    throw new Refused(
      409,
      'secret.in_use',
      `in use: ${uses.map((use) => `v${String(use.version)} by ${use.by}`).join('; ')}`,
      'ship a newer version first, or remove it all the same with --in-use: what needs it cannot be started again then',
    );
}
