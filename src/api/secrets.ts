import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { LOOKED_AT, wayBack } from '../domain/going-back.js';
import { usesOf, type SecretUse, type SecretWish } from '../domain/secret-use.js';
import { SECRET_PATH, secretText } from '../domain/secrets.js';
import type { Store } from '../domain/store.js';
import { accepted, recorded } from './asked.js';
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
  const { secrets, store } = options;
  const ended = (): AbortSignal => AbortSignal.timeout(ANSWER_MS);
  v1.get('/secrets', async (request) => {
    none.parse(request.query);
    return { secrets: await secrets.list(ended()), uses: await usesIn(store) };
  });
  v1.get('/secrets/recipient', async (request) => {
    none.parse(request.query);
    return { recipient: await secrets.recipient(ended()) };
  });
  v1.post('/secrets', async (request, reply) => {
    const { statement: said, ...asked } = ofSet.parse(request.body);
    const about = secretOf(asked);
    const by = await accepted<SecretWish>(store, said, { wish: 'set_secret', ...asked }, about);
    const version = await recorded(
      store,
      request,
      { by, about, event: 'secret.set', details: { path: asked.path } },
      () => secrets.keep(asked.path, asked.sealed, by.person, ended()),
      (version) => ({ version }),
    );
    return reply.code(201).send({ path: asked.path, version });
  });
  v1.post('/secrets/remove', async (request) => {
    const { statement: said, ...asked } = ofRemove.parse(request.body);
    const about = secretOf(asked);
    const by = await accepted<SecretWish>(store, said, { wish: 'remove_secret', ...asked }, about);
    await refuseUnknown(options, asked.path, asked.version, ended());
    if (!asked.inUse) await refuseInUse(store, asked.path, asked.version);
    const versions = await recorded(
      store,
      request,
      { by, about, event: 'secret.removed', details: { path: asked.path } },
      () => secrets.remove(asked.path, asked.version, ended()),
      (version) => ({ version }),
    );
    return { path: asked.path, versions };
  });
}
const ANSWER_MS = 10_000;
const secretOf = ({ path }: { readonly path: string }): string => `secret/${path}`;

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
