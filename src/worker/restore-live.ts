import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EffectDeps } from '../../activities/deps.js';
import { FAILURES } from '../domain/failures.js';
import type { Store } from '../domain/store.js';
import type { TargetState } from '../domain/target.js';
import { ShipwayError } from '../errors.js';

interface Deps {
  readonly store: Store;
  readonly host: string;
  readonly effects: EffectDeps;
  readonly log: Logger;
}

/**
 * After a reboot of the host the live releases run again, in the slots and with the configuration they had: what a target records
 * as live is put back, no share is changed, and what runs already is not touched. One that can't be put back is said so and left,
 * and holds up no other.
 */
export async function restoreLive({ store, host, effects, log }: Deps): Promise<void> {
  const targets = await store.targets.list();
  const mine = targets.filter((t) => t.host === host && t.live !== undefined);
  await Promise.all(
    mine.map(async (target) => {
      try {
        await restore(effects, target);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        log.error(
          { service: target.service, environment: target.environment, why },
          'the live release could not be put back',
        );
      }
    }),
  );
}

async function restore({ provider, router }: EffectDeps, target: TargetState): Promise<void> {
  const { live } = target;
  if (live === undefined) return;
  const signal = AbortSignal.timeout(live.configuration.startupTimeoutMs + ROUTER_MS);
  const instances = await provider.ensure(target, live.slot, live.release, live.configuration, signal);
  const urls = instances.map((i) => i.url);
  await patiently(signal, async () => {
    const known = await router.observe(target, signal);
    if (known === undefined || sameMembers(known.members[live.slot] ?? [], urls)) return;
    await router.admit(target, live.slot, live.release.digest, urls, signal);
  });
}
/** After a reboot the router starts at the same time. */
const ROUTER_MS = 30_000;
const ASK_MS = 200;

/** Again and again while what fails may pass by itself. */
async function patiently(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (signal.aborted || !(error instanceof ShipwayError) || !FAILURES[error.type].retried) throw error;
      await sleep(ASK_MS);
    }
  }
}

const sameMembers = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((x) => b.includes(x));
