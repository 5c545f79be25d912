import { setTimeout as sleep } from 'node:timers/promises';
import { canonical } from '../src/domain/canonical.js';
import { variantsText, type FlagStrategy, type LeftOn } from '../src/domain/flags.js';
import { FULL, type DeploymentPlan, type Share } from '../src/domain/plan.js';
import { strategyText } from '../src/domain/strategy.js';
import { ShipwayError } from '../src/errors.js';
import { within } from '../src/within.js';
import { self } from './audit.js';
import type { EffectDeps } from './deps.js';
import { back, forward, type EffectInput, type Guarded, type Told } from './effect.js';
import { livePlan } from './serving-plan.js';

export interface FlagInput extends EffectInput {
  /** Which flag it is stands in the plan, which the permit is for. */
  readonly plan: DeploymentPlan;
}
export interface RampInput extends FlagInput {
  readonly share: Share;
}
export interface LeftOnInput extends EffectInput {
  readonly leftOn: readonly LeftOn[];
}
type Deps = Pick<EffectDeps, 'store'>;

/** What a deployment does to the flag that its plan turns on, and a rollback to those of what it takes back. */
export const createFlagEffects = (guarded: Guarded) => ({
  /** The flag of the plan is on for nobody yet. */
  refuseLit: forward(
    guarded,
    'refuse_lit',
    (i: FlagInput) => ({ strategy: i.plan.strategy.kind }),
    (i, signal) => refuseLit(guarded, i, signal),
  ),
  /** So many of the users have the flag of the plan on. */
  rampFlag: forward(
    guarded,
    'ramp_flag',
    (i: RampInput) => ({ strategy: strategyText(i.plan.strategy), share: i.share }),
    (i, signal) => rampFlag(guarded, i, signal),
  ),
  /** It is on for nobody any more. */
  douseFlag: back(guarded, (i: FlagInput, signal) => douseFlag(guarded, i, signal)),
  /** Nor is what deployments that are taken back have turned on, unless somebody has set it since. Answers what that was. */
  douseLeftOn: forward(
    guarded,
    'douse_flags',
    (i: LeftOnInput) => ({ flags: i.leftOn.map(({ flag }) => flag) }),
    (i, signal, told) => douseLeftOn(guarded, i, { signal, told }),
  ),
});

/**
 * Nobody is in a share of the flag: users and groups that somebody has named may try it. Gives whether the live release reads it, too. Fails
 * with `flag.on`, and with `flag.otherwise` where that declares it so that users would not have what is turned on.
 */
async function refuseLit({ store }: Deps, i: FlagInput, signal: AbortSignal): Promise<boolean> {
  const { flag } = strategyIn(i);
  const { rule } = (await one({ store }, i, flag, signal)) ?? {};
  const share = Object.values(rule?.shares ?? {}).reduce((sum, part) => sum + part, 0);
  if (share > 0)
    throw new ShipwayError(
      'flag.on',
      `${flag} of ${i.service} in ${i.environment} is on for ${String((share * 100) / FULL)}% of the users`,
    );
  return refuseOtherwise({ store }, i, flag);
}

/** What the live release declares is served until this one is live, which is after the ramp. Gives whether it declares the flag. */
async function refuseOtherwise({ store }: Deps, i: FlagInput, flag: string): Promise<boolean> {
  const live = (await store.targets.load(i))?.live;
  const before = await livePlan({ store }, { ...i, live });
  const [served, own] = [before, i.plan].map((plan) => plan?.flags?.find(({ name }) => name === flag));
  if (live === undefined || served === undefined) return false;
  if (own === undefined || canonical([served.variants, served.off]) === canonical([own.variants, own.off]))
    return true;
  throw new ShipwayError(
    'flag.otherwise',
    `${flag} is ${variantsText(own)} in ${i.version} and ${variantsText(served)} in ${live.release.version}, which is live`,
  );
}

/** So many of the users have the flag on, beside those that somebody has named. */
async function rampFlag({ store }: Deps, i: RampInput, signal: AbortSignal): Promise<void> {
  const { flag, variant } = strategyIn(i);
  const named = (await one({ store }, i, flag, signal))?.rule?.named;
  const rule = { ...(named === undefined ? {} : { named }), shares: { [variant]: i.share } };
  await store.flags.set(i, { name: flag, rule, by: self() }, signal);
}

/** What a store that hangs is given: users go back to another release instead. */
const DOUSE_MS = 1_500;

/**
 * Nobody has it on. One that no release has declared, because that was undone too soon, is off. A store that says nothing is not waited
 * for: fails with `store.unavailable`, and begins nothing after that. What has been sent then may still turn it off, which is wanted.
 */
async function douseFlag({ store }: Deps, i: FlagInput, signal: AbortSignal): Promise<void> {
  const { flag } = strategyIn(i);
  const doused = within(DOUSE_MS, signal, async (ending) => {
    if ((await one({ store }, i, flag, ending)) === undefined) return true;
    await store.flags.set(i, { name: flag, by: self() }, ending);
    return true;
  });
  if (await Promise.race([doused, sleep(DOUSE_MS, false, { ref: false })])) return;
  throw new ShipwayError('store.unavailable', `PostgreSQL says nothing: ${flag} could not be turned off`);
}

async function douseLeftOn(
  { store }: Deps,
  i: LeftOnInput,
  { signal, told }: { readonly signal: AbortSignal; readonly told: Told },
): Promise<readonly string[]> {
  const flags = await store.flags.list(i, signal);
  const isTheirs = ({ flag, by }: LeftOn): boolean =>
    flags.some(
      ({ declaration, rule, set }) =>
        declaration.name === flag && (set?.by === self() || (rule !== undefined && set?.by === by)),
    );
  const off = [...new Set(i.leftOn.filter(isTheirs).map(({ flag }) => flag))];
  for (const name of off) await store.flags.set(i, { name, by: self() }, signal);
  told({ off });
  return off;
}

const one = async ({ store }: Deps, i: FlagInput, flag: string, signal: AbortSignal) =>
  (await store.flags.list(i, signal)).find(({ declaration }) => declaration.name === flag);

function strategyIn({ plan: { strategy } }: FlagInput): FlagStrategy {
  if (strategy.kind === 'feature_flag') return strategy;
  throw new ShipwayError('internal.bug', `a plan of the strategy ${strategy.kind} turns no flag on`);
}
