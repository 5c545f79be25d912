import { uiOf } from '../src/client/ui-address.js';
import type { AuditEntry } from '../src/domain/audit.js';
import { againAfter, type Channel } from '../src/domain/notification.js';
import type { AttemptEnd, MessageRow } from '../src/domain/outbox.js';
import type { Policy } from '../src/domain/policy.js';
import type { Notifier } from '../src/domain/notifier.js';
import type { Store } from '../src/domain/store.js';
import { ShipwayError, whyOf } from '../src/errors.js';
import { within } from '../src/within.js';

/** What sending messages needs. */
export interface DeliverDeps {
  readonly store: Pick<Store, 'outbox' | 'audit'>;
  readonly policy: () => Promise<Policy>;
  /** Fails with `credential.missing`. */
  readonly notifier: (channel: Channel) => Promise<Notifier>;
  /** Where the page of a workflow is. */
  readonly links: Parameters<typeof uiOf>[0];
}
/** How many messages had which end. */
export type Delivered = Readonly<Partial<Record<AttemptEnd['state'], number>>>;

/** Of a channel at once: one that does not answer holds the others up for no longer than that. */
const EACH = 3;
const LONGEST_MS = 45_000;
/** Longer than any attempt: whoever claimed it so long ago is gone. */
const LOST_MS = 120_000;

/**
 * Sends what is due, until nothing is, a few messages of each channel at once. A message is marked before it is sent and its end is written
 * after; one whose end is not known is in the audit before that, as is one that is given up. Fails with `store.unavailable`, `policy.refused`.
 */
export async function deliver(deps: DeliverDeps, signal: AbortSignal): Promise<Delivered> {
  const { outbox } = deps.store;
  const count: Partial<Record<AttemptEnd['state'], number>> = {};
  const counted = (state: AttemptEnd['state']): void => void (count[state] = (count[state] ?? 0) + 1);
  for (const lost of await outbox.lost(LOST_MS)) {
    await ended(deps, lost, { state: 'unknown', why: 'the worker that sent it ended meanwhile' });
    counted('unknown');
  }
  while (!signal.aborted) {
    // What is claimed is tried: nothing that may fail comes between.
    const policy = await deps.policy();
    const due = await outbox.claim(EACH);
    if (due.length === 0) break;
    await Promise.all(
      due.map(async (message) => {
        const end = await attempt(deps, policy, message, signal);
        if (end === undefined) return;
        await ended(deps, message, end);
        counted(end.state);
      }),
    );
  }
  return count;
}

/** First the entry: a message that has had its end is looked at by nobody who could write a missing one. */
async function ended(deps: DeliverDeps, message: MessageRow, end: AttemptEnd): Promise<void> {
  await record(deps, message, end);
  await deps.store.outbox.end(message, end);
}

/** `undefined` when it was interrupted in its sending: what became of it is then said by who finds it later. */
async function attempt(
  deps: DeliverDeps,
  policy: Policy,
  message: MessageRow,
  signal: AbortSignal,
): Promise<AttemptEnd | undefined> {
  const { id, about, notice, channel: name } = message;
  const { channels = {} } = policy.notifications ?? {};
  const channel = Object.hasOwn(channels, name) ? channels[name] : undefined;
  if (channel === undefined) return { state: 'failed', why: `the policy has no channel ${name} any more` };
  const link = uiOf(deps.links, notice.workflow);
  let begun = false;
  try {
    const notifier = await deps.notifier(channel);
    signal.throwIfAborted();
    begun = true;
    await within(LONGEST_MS, signal, (ending) =>
      notifier.send({ id, about, notice, ...(link === undefined ? {} : { link }) }, ending),
    );
    return { state: 'sent' };
  } catch (error) {
    if (!signal.aborted) return endOf(message, error);
    return begun ? undefined : { state: 'waiting', why: 'its worker ended before it was sent', afterMs: 0 };
  }
}

function endOf(message: MessageRow, error: unknown): AttemptEnd {
  const why = whyOf(error);
  const type = error instanceof ShipwayError ? error.type : 'notification.unknown';
  if (type === 'notification.refused') return { state: 'failed', why };
  if (type === 'notification.unknown' && message.atMostOnce) return { state: 'unknown', why };
  const afterMs = againAfter(message.attempts, Date.now() - Date.parse(message.createdAt));
  return afterMs === undefined
    ? { state: 'failed', why: `given up after a day: ${why}` }
    : { state: 'waiting', why, afterMs };
}

/** What did not reach people, or perhaps not, is kept for good. */
async function record({ store }: DeliverDeps, message: MessageRow, end: AttemptEnd): Promise<void> {
  if (end.state !== 'failed' && end.state !== 'unknown') return;
  const { id, channel, attempts, notice } = message;
  const { event, title, service, environment, version, workflow } = notice;
  const told: AuditEntry = {
    key: `outbox/${id}/${end.state}`,
    timestamp: new Date().toISOString(),
    event_type: `notification.${end.state}`,
    user: 'shipway',
    ...{ service, environment, version, workflow },
    details: { channel, event, title, attempts, why: end.why },
  };
  await store.audit.append([told]);
}
