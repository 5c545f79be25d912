import { Context } from '@temporalio/activity';
import {
  INCIDENT_OPENED,
  INCIDENT_VERIFIED,
  incidentAmong,
  type Incident,
  type Verification,
  type Verified,
} from '../src/domain/incident.js';
import { elsewhere } from '../src/domain/drift.js';
import { LOOKED_AT } from '../src/domain/going-back.js';
import type { TargetRef } from '../src/domain/ids.js';
import { FULL, type DeploymentPlan } from '../src/domain/plan.js';
import type { Instance, ObservedSlot, RouterState } from '../src/domain/ports.js';
import type { Live } from '../src/domain/target.js';
import { ShipwayError, whyOf } from '../src/errors.js';
import { addressesOf } from './adoption.js';
import { seen } from './answered.js';
import { entry, self } from './audit.js';
import { beating } from './beating.js';
import type { EffectDeps } from './deps.js';
import { livePlan } from './serving-plan.js';
import { probeOnce } from './smoke.js';
import { tellOpened, tellVerified, type TellDeps } from './tell.js';
import { worldAt } from './world.js';

/**
 * Opens the record of the incident of a change and tells people: once however often an emergency is declared while it goes on, and again when
 * one is declared after what served was found well.
 */
export const openIncident =
  (deps: TellDeps) =>
  async (declared: Incident): Promise<void> => {
    const incident = await knownAs(deps, declared);
    const { id, severity, by, reason } = incident;
    const details = { incident: id, severity, reason };
    const over = await timesOver(deps, id);
    const again = over === 0 ? '' : `/${String(over)}`;
    await deps.store.audit.append([
      entry(incident, INCIDENT_OPENED, details, { user: by, key: `${id}/${INCIDENT_OPENED}${again}` }),
    ]);
    await tellOpened(deps, incident, `${id}/opened${again}`);
  };

/** Records what was found after it, and tells people: it is over when that is well. */
export const closeIncident =
  (deps: TellDeps) =>
  async ({ found, ...declared }: Incident & { readonly found: Verification }): Promise<void> => {
    const incident = await knownAs(deps, declared);
    const { serves, unwell } = found;
    const details = { incident: incident.id, ok: unwell.length === 0, serves, unwell } satisfies Verified;
    await deps.store.audit.append([entry(incident, INCIDENT_VERIFIED, details)]);
    await tellVerified(deps, incident, found);
  };

/** The target knows what it was asked, and the store of what change that is. */
async function knownAs({ store }: TellDeps, declared: Incident): Promise<Incident> {
  const { id, service, environment } = declared;
  const rows = await store.deployments.list({ service, environment, limit: LOOKED_AT });
  return { ...declared, id: incidentAmong(id, rows) };
}

/** How often it had been closed when this was asked for, which every attempt finds the same: what is closed since was open then. */
async function timesOver({ store }: TellDeps, incident: string): Promise<number> {
  const { scheduledTimestampMs: asked } = Context.current().info;
  const found = await store.audit.list({ workflow: self(), event: INCIDENT_VERIFIED });
  return found.filter(({ entry: { timestamp, event_type: event, details } }) => {
    const closes = event === INCIDENT_VERIFIED && details['incident'] === incident && details['ok'] === true;
    return closes && Date.parse(timestamp) < asked;
  }).length;
}

/**
 * Looks at a target from all sides: whether all users are with what is live, at the ports it asked for, all of it runs, and each instance answers its smoke test and
 * its health checks. Changes nothing, so it needs no permit. What does not answer is found unwell; fails with `store.unavailable` only.
 */
export const verifyServing =
  (deps: EffectDeps) =>
  (target: TargetRef): Promise<Verification> =>
    beating(async (signal) => {
      const { live } = (await deps.store.targets.load(target)) ?? {};
      const plan = await livePlan(deps, { ...target, live });
      try {
        const world = await worldAt(deps, target);
        const [known, slots] = await Promise.all([
          seen('router.unavailable', signal, (ending) => world.router.observe(target, ending)),
          seen('provider.unavailable', signal, (ending) => world.provider.observe(target, ending)),
        ]);
        if (live === undefined) return { serves: 'nothing', unwell: stillServed(known) };
        const slot = slots.find((s) => s.slot === live.slot && s.release === live.release.digest);
        const asked = { instances: slot?.instances ?? [], smoke: plan?.smokeTest };
        const unwell = [
          ...placed(live, slot, known),
          ...Object.values(known?.differences ?? {}),
          ...(plan === undefined ? [] : elsewhere(plan, addressesOf(known, world.routers))),
          ...(await answering(world, target, live, asked, signal)),
        ];
        return { serves: `${live.release.version} in ${live.slot}`, unwell };
      } catch (error) {
        if (!(error instanceof ShipwayError) || error.type === 'store.unavailable') throw error;
        return { serves: live?.release.version ?? 'nothing', unwell: [error.message] };
      }
    });

const stillServed = (known: RouterState | undefined): readonly string[] =>
  Object.entries(known?.shares ?? {}).flatMap(([slot, share]) =>
    share > 0 ? [`the router still sends users to ${slot}`] : [],
  );

/** Whether users are sent to it, and all of it is there. */
function placed(
  { slot, configuration }: Live,
  seen: ObservedSlot | undefined,
  known: RouterState | undefined,
): readonly string[] {
  const ready = (seen?.instances ?? []).filter(({ state }) => state === 'ready').length;
  const share = known?.shares[slot] ?? 0;
  const members = known?.members[slot]?.length ?? 0;
  const { replicas } = configuration;
  return [
    ...(share === FULL ? [] : [`${String(share / 100)} % of the users are sent to it`]),
    ...(ready >= replicas ? [] : [`${String(ready)} of ${String(replicas)} instances are ready`]),
    ...(members >= replicas ? [] : [`the router knows ${String(members)} of ${String(replicas)} instances`]),
  ];
}

/** Of each instance: its smoke test, which is asked directly, and all health checks. */
async function answering(
  { provider }: EffectDeps,
  target: TargetRef,
  { slot, configuration }: Live,
  { instances, smoke }: { readonly instances: readonly Instance[]; readonly smoke: SmokeTest | undefined },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const health = provider.health(target, slot, configuration.healthChecks.liveness, signal).then((report) => {
    if (report.failures > 0)
      throw new ShipwayError(
        'smoke.failed',
        `${String(report.failures)} of ${String(report.probes)} health checks fail${report.note === undefined ? '' : `: ${report.note}`}`,
      );
  });
  const smoked = smoke === undefined ? [] : instances.map(({ url }) => probeOnce(url, smoke, signal));
  const looks = await Promise.allSettled([health, ...smoked]);
  signal.throwIfAborted();
  return looks.flatMap((look) => (look.status === 'rejected' ? [whyOf(look.reason)] : []));
}
type SmokeTest = DeploymentPlan['smokeTest'];
