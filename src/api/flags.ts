import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  FLAG_NAME,
  ruled,
  ruleText,
  unknownFlag,
  wrongRule,
  type FlagWish,
  type TargetFlag,
} from '../domain/flags.js';
import type { TargetRef } from '../domain/ids.js';
import { FULL } from '../domain/plan.js';
import type { Policy } from '../domain/policy.js';
import type { Store } from '../domain/store.js';
import { ShipwayError } from '../errors.js';
import { accepted, recorded } from './asked.js';
import { Refused } from './failure.js';
import type { ApiOptions } from './options.js';
import { name } from './shapes.js';

const flagName = z.string().regex(FLAG_NAME, 'is no name of a flag or a variant');
/** Of a user or a group, as the service names them. */
const who = z.string().regex(/^[^\p{Cc}\p{Surrogate}]{1,200}$/u, 'is no name of a user or a group');
const share = z.int().min(1).max(FULL);
const rule = z.strictObject({
  named: z
    .strictObject({ variant: flagName, users: z.array(who).max(1_000), groups: z.array(who).max(100) })
    .refine(({ users, groups }) => users.length + groups.length > 0, 'names nobody')
    .exactOptional(),
  shares: z.record(flagName, share),
});
const ofSet = z.strictObject({
  service: name,
  environment: name,
  flag: flagName,
  rule: rule.exactOptional(),
  statement: z.unknown(),
});
const ofList = z.strictObject({ service: name.optional(), environment: name.optional() });

type Flags = Pick<Store, 'flags'>;

/** Feature flags of targets: which there are and how they are set, and a person's wish to set one otherwise. */
export function flagRoutes(v1: FastifyInstance, { store }: ApiOptions): void {
  const ended = (): AbortSignal => AbortSignal.timeout(ANSWER_MS);
  v1.get('/flags', async (request) => {
    const { service, environment } = ofList.parse(request.query);
    const targets = (await store.targets.list(service)).filter(
      (target) => environment === undefined || target.environment === environment,
    );
    return (await Promise.all(targets.map((target) => flagsOf(store, target, ended())))).flat();
  });
  v1.post('/flags', async (request) => {
    const { statement: said, ...asked } = ofSet.parse(request.body);
    const { service, environment, flag: name, rule } = asked;
    const about = `flag/${service}/${environment}/${name}`;
    const by = await accepted<FlagWish>(store, said, { wish: 'set_flag', ...asked }, about);
    const flag = await settable(store, asked, ended());
    const details = { flag: name, from: ruleText(flag), to: ruleText(ruled(flag, rule)) };
    await recorded(store, request, { by, about, service, environment, event: 'flag.set', details }, () =>
      store.flags.set(asked, { name, by: by.person, ...(rule === undefined ? {} : { rule }) }, ended()),
    );
    return { flag: await flagIn(store, asked, ended()) };
  });
}
const ANSWER_MS = 10_000;

const flagsOf = async (
  { flags }: Flags,
  target: TargetRef,
  signal: AbortSignal,
): Promise<readonly TargetFlag[]> =>
  (await flags.list(target, signal)).map((flag) => ({
    service: target.service,
    environment: target.environment,
    ...flag,
  }));

/** Fails with `flag.unknown`. */
async function flagIn(
  store: Flags,
  { flag: name, ...target }: Pick<FlagWish, 'service' | 'environment' | 'flag'>,
  signal: AbortSignal,
): Promise<TargetFlag> {
  const found = (await flagsOf(store, target, signal)).find(({ declaration }) => declaration.name === name);
  if (found !== undefined) return found;
  throw new ShipwayError('flag.unknown', unknownFlag(target, name));
}

/** The flag, when it may be set like that now. Fails with `flag.unknown`, `policy.unknown_environment`. */
async function settable(
  store: Store,
  asked: Omit<FlagWish, 'wish'>,
  signal: AbortSignal,
): Promise<TargetFlag> {
  const row = await store.policy.current();
  const { environments } = (row === undefined ? { environments: {} } : JSON.parse(row.text)) as Policy;
  if (!Object.hasOwn(environments, asked.environment))
    throw new ShipwayError(
      'policy.unknown_environment',
      `the policy names no environment ${JSON.stringify(asked.environment)}`,
    );
  const flag = await flagIn(store, asked, signal);
  const open = (await store.deployments.open(asked)).find(
    ({ kind, plan: { strategy } }) =>
      kind === 'deploy' && strategy.kind === 'feature_flag' && strategy.flag === asked.flag,
  );
  if (open !== undefined)
    throw new Refused(
      409,
      'flag.ramping',
      `${open.id} ships ${open.release.version} dark with it, and turns it on step by step`,
      'wait for its end, or end it: `shipway rollback` turns the flag off and takes the release back',
    );
  const why = asked.rule === undefined ? undefined : wrongRule(flag.declaration, asked.rule);
  if (why === undefined) return flag;
  throw new Refused(409, 'flag.rule', why, 'see `shipway flags`');
}
