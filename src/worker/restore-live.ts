import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EffectDeps } from '../../activities/deps.js';
import { FAILURES } from '../domain/failures.js';
import { heldSlots } from '../domain/held.js';
import type { TargetRef } from '../domain/ids.js';
import type { Slot } from '../domain/target.js';
import { ShipwayError, whyOf } from '../errors.js';
import { heldNow, restoreSlot, saidOf, type Done } from './restore-slot.js';

interface Deps {
  readonly host: string;
  readonly effects: EffectDeps;
  readonly log: Logger;
  /** Ends it where it is; the next worker goes on from there. */
  readonly signal: AbortSignal;
}
interface Place extends TargetRef {
  readonly slot?: Slot;
}

/**
 * After the host was started anew, or has ended in an orderly way, what its targets hold runs again, in the slots and with the
 * configuration it had. It runs beside the polling. What may pass by itself is tried again for as long as it takes; anything else is
 * said in log and audit. One holds up no other; it never fails.
 */
export async function restoreLive(deps: Deps): Promise<void> {
  const { store } = deps.effects;
  const listed = await patiently(deps, {}, () => store.targets.list());
  const mine = (listed.value ?? []).filter((t) => t.host === deps.host);
  await Promise.all(mine.map(({ service, environment }) => restoreTarget(deps, { service, environment })));
}

async function restoreTarget(deps: Deps, ref: TargetRef): Promise<void> {
  const { store } = deps.effects;
  const read = await patiently(deps, ref, async () => {
    const [state, open] = await Promise.all([store.targets.load(ref), store.deployments.open(ref)]);
    return state === undefined ? [] : heldSlots(state, open);
  });
  await Promise.all((read.value ?? []).map(({ slot }) => restoreOne(deps, { ...ref, slot })));
}

async function restoreOne(deps: Deps, { slot, ...ref }: Required<Place>): Promise<void> {
  const { effects, signal } = deps;
  // By one key: while a router stays away each try finds the same to be done.
  const id = randomUUID();
  const say = (done: Done): Promise<void> => said(deps, { ...ref, slot }, id, done);
  const { why } = await patiently(deps, { ...ref, slot }, () => restoreSlot(effects, ref, slot, signal, say));
  if (why !== undefined) await say({ event_type: 'live.not_restored', details: { why } });
}

/** In the audit, of what the slot holds; nothing, when it holds nothing any more. Once, however often with the same `id`. Never fails. */
async function said(
  deps: Deps,
  { slot, ...ref }: Required<Place>,
  id: string,
  { event_type, details }: Done,
): Promise<void> {
  const { store } = deps.effects;
  const key = `${event_type}/${id}`;
  await patiently(deps, { ...ref, slot }, async () => {
    const { held } = await heldNow(store, ref, slot);
    if (held === undefined) return;
    await store.audit.append([
      {
        ...{ key, timestamp: new Date().toISOString(), event_type, user: 'shipway' },
        ...{ ...ref, version: held.release.version, workflow: held.deployment },
        details: { ...saidOf(held), ...details },
      },
    ]);
  });
}
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;

/** Again and again while what fails may pass by itself. Answers why it did not, and neither when it was to end. */
async function patiently<T>(
  { log, signal }: Deps,
  of: Partial<Place>,
  work: () => Promise<T>,
): Promise<{ readonly value?: T; readonly why?: string }> {
  for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return { value: await work() };
    } catch (error) {
      if (signal.aborted) break;
      const why = whyOf(error);
      if (!(error instanceof ShipwayError) || !FAILURES[error.type].retried) {
        log.error({ ...of, why }, 'what was live could not be put back');
        return { why };
      }
      log.warn({ ...of, why }, 'what was live is not put back yet; trying again');
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
  return {};
}
