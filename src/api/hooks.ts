import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  HOOK_PROVIDERS,
  unheeded,
  type HookProvider,
  type Push,
  type Repository,
  type TriggerInput,
} from '../domain/trigger.js';
import { Refused } from './failure.js';
import { deliveryOf, heard } from './hook-events.js';
import { hookLimits, TOO_MANY, type HookLimits } from './hook-limits.js';
import { isSigned } from './hook-signature.js';
import type { ApiOptions } from './options.js';

/** A repository whose pushes are heard, with the secret that they are signed with. */
export interface Hooked {
  readonly service: string;
  readonly repository: Repository;
  readonly secret: string;
}
/** A run that a trigger starts, or has started before. */
export interface Started {
  readonly service: string;
  readonly run: string;
  /** Workflow id of the trigger. */
  readonly trigger: string;
  readonly known: boolean;
}
export interface Hooks {
  /** Those of a provider, as the policy that rules now has them. */
  readonly of: (provider: HookProvider) => Promise<readonly Hooked[]>;
  /** When it answers, the trigger outlives this process. The same push starts nothing twice. */
  readonly start: (input: TriggerInput) => Promise<Started>;
}

/** GitHub sends up to 25 MB, of pushes with thousands of commits; whoever pushes those ships by hand. */
const MOST_BYTES = 5 * 1024 ** 2;
const BODY_MS = 10_000;

/** Webhooks: open to all, believed by their signature alone. */
export function hookRoutes(v1: FastifyInstance, { hooks }: ApiOptions): void {
  if (hooks === undefined) return;
  void v1.register(async (scope) => {
    const limits = await hookLimits(scope);
    const overMeasure = new WeakSet<FastifyRequest>();
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, parsed) => {
      parsed(null, body);
    });
    scope.addHook('onRequest', async (request, reply) => {
      if (await limits.arrived(request)) overMeasure.add(request);
      const late = setTimeout(() => request.raw.destroy(), BODY_MS);
      reply.raw.once('close', () => {
        clearTimeout(late);
      });
      request.raw.once('end', () => {
        clearTimeout(late);
      });
    });
    scope.post('/hooks/:provider', { bodyLimit: MOST_BYTES }, async (request, reply) => {
      const { code, answer } = await taken(hooks, request, { limits, over: overMeasure.has(request) });
      return reply.code(code).send(answer);
    });
  });
}

async function taken(hooks: Hooks, request: FastifyRequest, { limits, over }: Measured): Promise<Taken> {
  const { params, headers, body } = request;
  const { provider: name } = params as { readonly provider: string };
  const provider = HOOK_PROVIDERS.find((known) => known === name);
  if (provider === undefined) throw over ? TOO_MANY : UNKNOWN_PROVIDER;
  const bytes = body instanceof Uint8Array ? body : new Uint8Array();
  const signed = { headers, body: bytes, now: Date.now() };
  const signers = (await hooks.of(provider)).filter(({ secret }) => isSigned(provider, signed, secret));
  if (signers.length === 0) throw over ? TOO_MANY : UNSIGNED;
  await limits.signed(request, [provider, ...signers.map(({ service }) => service)].join('\n'));
  const said = read(() => heard(provider, headers, bytes));
  const mine = signers.filter(({ repository }) => isOf(repository, said.project));
  if (mine.length === 0) throw OTHER_REPOSITORY;
  if (said.kind === 'ignored') return ignored(said.reason);
  return started(hooks, { provider, delivery: deliveryOf(provider, headers), push: said.push }, mine);
}
interface Measured {
  readonly limits: HookLimits;
  /** Its address has sent too much: then it is this one's signature that counts. */
  readonly over: boolean;
}
interface Taken {
  readonly code: number;
  readonly answer: object;
}
const ignored = (reason: string): Taken => ({ code: 200, answer: { status: 'ignored', reason } });

/** Both providers' names are the same in capitals. What names no repository, as a ping may, is of each. */
const isOf = ({ project = '' }: Repository, said: string | undefined): boolean =>
  said === undefined || project.toLowerCase() === said.toLowerCase();

interface Pushed {
  readonly provider: HookProvider;
  readonly delivery: string;
  readonly push: Push;
}
async function started(hooks: Hooks, { push, ...via }: Pushed, mine: readonly Hooked[]): Promise<Taken> {
  const heeding = mine.filter(({ repository }) => unheeded(repository, push) === undefined);
  if (heeding.length === 0)
    return ignored(mine.map(({ repository }) => unheeded(repository, push)).find(Boolean) ?? '');
  const runs: Started[] = [];
  for (const { service } of heeding)
    runs.push(await hooks.start({ service, cause: { kind: 'push', ...via, ...push } }));
  const known = runs.every((run) => run.known);
  return { code: known ? 200 : 202, answer: { status: known ? 'known' : 'accepted', runs } };
}

function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Refused(400, 'request.invalid', 'the body is no JSON', 'content type application/json');
  }
}

const UNKNOWN_PROVIDER = new Refused(
  404,
  'hook.unknown_provider',
  'there are no hooks of this provider',
  HOOK_PROVIDERS.join(' or '),
);
const UNSIGNED = new Refused(
  401,
  'hook.unsigned',
  'the request is not signed as it must be',
  'the same secret at the provider and on the workers; see the worker’s log',
);
const OTHER_REPOSITORY = new Refused(
  403,
  'hook.other_repository',
  'the signature is another repository’s',
  'give each repository the secret that the policy names for it',
);
