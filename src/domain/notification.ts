import type { Subject } from './ids.js';
import type { Policy } from './policy.js';
import type { CredentialRef } from './trigger.js';

/** What people can be told of, by the keys of the policy. */
export const EVENTS = [
  ...(['emergency', 'approval_asked', 'paused', 'parked', 'undo_failed', 'stuck'] as const),
  ...(['rolled_back', 'failed', 'aborted', 'shipped', 'drift'] as const),
] as const;
export type Event = (typeof EVENTS)[number];

/** Where messages go, as the policy defines it. Secrets are where the workers find them. */
export type Channel =
  | { readonly kind: 'slack'; readonly webhook: CredentialRef }
  | { readonly kind: 'pagerduty'; readonly routingKey: CredentialRef; readonly url: string }
  | { readonly kind: 'webhook'; readonly url: CredentialRef }
  | ({ readonly kind: 'email' } & Mail);
export interface Mail {
  readonly host: string;
  readonly port: number;
  /** `starttls` is required then, `implicit` from the first byte; `none` sends in the clear. */
  readonly tls: 'starttls' | 'implicit' | 'none';
  readonly from: string;
  readonly to: readonly string[];
  readonly login?: { readonly user: string; readonly password: CredentialRef };
}
export type ChannelKind = Channel['kind'];

/** Who is told what in an environment: channels by event. */
export type Notify = Readonly<Partial<Record<Event, readonly string[]>>>;
export interface Notifications {
  readonly channels: Readonly<Record<string, Channel>>;
  /** How long until who does not answer an open question is told again. */
  readonly pageEveryMs: number;
}

/** What a kind of channel does with a message that comes twice, and with the end of what one was about. */
const KINDS: Readonly<Record<ChannelKind, { readonly atMostOnce: boolean; readonly takesEnds: boolean }>> = {
  slack: { atMostOnce: true, takesEnds: false },
  email: { atMostOnce: true, takesEnds: false },
  pagerduty: { atMostOnce: false, takesEnds: true },
  webhook: { atMostOnce: false, takesEnds: true },
};

/** Names that the secret of a channel has, in words of the policy. */
export const credentialsOf = (channel: Channel): readonly CredentialRef[] => {
  switch (channel.kind) {
    case 'slack':
      return [channel.webhook];
    case 'pagerduty':
      return [channel.routingKey];
    case 'webhook':
      return [channel.url];
    case 'email':
      return channel.login === undefined ? [] : [channel.login.password];
  }
};

export type Severity = 'critical' | 'error' | 'warning' | 'info';

/** What people read: lines without control characters, of bounded length, and never a secret. */
export interface Notice extends Subject {
  readonly event: Event;
  readonly severity: Severity;
  readonly title: string;
  readonly lines: readonly string[];
  /** ISO instant at which it was written. */
  readonly at: string;
  /** Workflow id it is about. */
  readonly workflow: string;
  /** What was told before is over: an alarm of it is closed. */
  readonly closes?: true;
}

/** A notice on its way to one channel. */
export interface Message {
  /** The same id twice is one message. */
  readonly id: string;
  readonly channel: string;
  /** What it is about: of messages with the same, an alarm is one, and the newer replaces one that has not gone out. */
  readonly about: string;
  readonly atMostOnce: boolean;
  /** Says something again: not any more once what it is about has been closed. */
  readonly repeats: boolean;
  /** Never sent: says to the outbox alone that what it is about is over, for a channel that takes no ends. */
  readonly unsent?: true;
  readonly notice: Notice;
}

/** What channels that a service names hear of: its users are sent back or never had the release, or somebody must say what becomes of it. */
export const isTrouble = (event: Event): boolean => TROUBLE.some((one) => one === event);
const TROUBLE = ['paused', 'parked', 'undo_failed', 'stuck', 'rolled_back', 'failed', 'aborted'] as const;

/** What is to be told. `key` makes it one, however often it is put. */
export interface Telling {
  readonly key: string;
  readonly about: string;
  readonly repeats?: boolean;
  readonly notice: Notice;
}

/**
 * The channels that hear of an event in an environment: those that the policy says, and of trouble also those that the service has `named`,
 * who are more than the policy's and never fewer. Nobody hears of what neither says.
 */
export function heardBy(
  { environments, notifications }: Policy,
  environment: string,
  event: Event,
  named: readonly string[] = [],
): readonly (readonly [name: string, channel: Channel])[] {
  const rules = Object.hasOwn(environments, environment) ? environments[environment] : undefined;
  const { channels = {} } = notifications ?? {};
  const all = new Set([...(rules?.notify?.[event] ?? []), ...(isTrouble(event) ? named : [])]);
  return [...all].flatMap((name) => {
    const channel = Object.hasOwn(channels, name) ? channels[name] : undefined;
    return channel === undefined ? [] : [[name, channel] as const];
  });
}

/** A message for each channel that hears of it; an end is sent only to those that take one. */
export const messagesOf = (
  policy: Policy,
  { key, about, repeats = false, notice }: Telling,
  named: readonly string[] = [],
): readonly Message[] =>
  heardBy(policy, notice.environment, notice.event, named).map(([name, { kind }]) => ({
    id: `${key}/${name}`,
    channel: name,
    about,
    atMostOnce: KINDS[kind].atMostOnce,
    repeats,
    ...(notice.closes === true && !KINDS[kind].takesEnds ? { unsent: true } : {}),
    notice,
  }));

/** When people are told again that a question waits, in ms from its opening. */
export interface Remind {
  readonly afterMs: number;
  /** And after every so many more, until it is answered. */
  readonly repeats: boolean;
}
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long until the next time, `openMs` after the opening: what nobody has answered for a day is told once an hour, or less often. */
export const remindAfter = ({ afterMs, repeats }: Remind, openMs: number): number =>
  repeats && openMs >= DAY_MS ? Math.max(afterMs, HOUR_MS) : afterMs;

/**
 * When a question that waits is told again. One that holds a deployment up, until it is answered: it never expires. One that expires, once:
 * an hour before that, or after half of its time. What met an error is asked anew every ten minutes by itself. `named`: as in `heardBy`.
 */
export function remindOf(
  policy: Policy,
  environment: string,
  event: Event,
  { expiresAfterMs, named }: { readonly expiresAfterMs?: number; readonly named?: readonly string[] } = {},
): Remind | undefined {
  if (heardBy(policy, environment, event, named).length === 0) return undefined;
  if (!isQuestion(event)) return undefined;
  return expiresAfterMs === undefined
    ? { afterMs: policy.notifications?.pageEveryMs ?? PAGE_EVERY_MS, repeats: true }
    : { afterMs: Math.max(expiresAfterMs - HOUR_MS, Math.floor(expiresAfterMs / 2)), repeats: false };
}
export const PAGE_EVERY_MS = 15 * 60_000;
/** What waits for a person. */
const isQuestion = (event: Event): boolean =>
  event === 'approval_asked' || event === 'paused' || event === 'parked' || event === 'undo_failed';

/** The same where the policy could not be read: that nobody may have been told yet is no reason to tell nobody ever. */
export const remindUnread = (event: Event, expiresAfterMs?: number): Remind | undefined =>
  isQuestion(event) && expiresAfterMs === undefined ? { afterMs: PAGE_EVERY_MS, repeats: true } : undefined;

/** What becomes of a message that surely was not taken, by how often it was tried and how old it is: when it is tried again. */
export function againAfter(attempts: number, ageMs: number): number | undefined {
  return ageMs >= DAY_MS ? undefined : Math.min(MINUTE_MS * 2 ** Math.min(attempts - 1, 6), HOUR_MS);
}
const MINUTE_MS = 60_000;
