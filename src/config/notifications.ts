import { NAME } from '../domain/ids.js';
import {
  EVENTS,
  PAGE_EVERY_MS,
  type Channel,
  type Notifications,
  type Notify,
} from '../domain/notification.js';
import type { Policy } from '../domain/policy.js';
import { alternative } from './alternative.js';
import { misnamed } from './fields.js';
import type { ParsedDocument } from './document.js';
import { COMING_IN_POLICY } from './coming.js';
import { problemAt, sourceOf, wasRead, type Source } from './issues.js';
import type { ChannelInput, NotificationInput, NotifyInput } from './notification-schema.js';
import type { Problem } from './problem.js';

const FORMS = ['slack', 'pagerduty', 'email', 'webhook'] as const;
const CHANNELS = ['notifications', 'channels'];

/** What a schema cannot say of channels, and of who is told what by them. */
export function notificationRules(
  notifications: NotificationInput | undefined,
  environments: Readonly<Record<string, { readonly notify?: NotifyInput | undefined }>>,
  source: Source,
): Problem[] {
  const channels = Object.entries(notifications?.channels ?? {});
  const names = channels.map(([name]) => name);
  const found = channels.flatMap(([name, input]) => channelRules(name, input, source));
  if (!wasRead(source, CHANNELS)) return found;
  for (const [environment, { notify = {} }] of Object.entries(environments))
    for (const event of EVENTS)
      for (const [i, name] of (notify[event] ?? []).entries())
        if (!names.includes(name))
          found.push(
            problemAt(
              source,
              ['environments', environment, 'notify', event, i],
              `notifications has no channel ${name}`,
              names.length === 0
                ? `a channel ${name} under notifications.channels`
                : alternative(name, names),
            ),
          );
  return found;
}

/** Channels of a valid policy that nobody is told anything by, each as a note; `named`: those of services. */
export function unheardIn(
  file: string,
  { document }: ParsedDocument,
  policy: Policy,
  named: readonly string[] = [],
): readonly Problem[] {
  if (document === undefined) return [];
  const source = sourceOf(file, document, COMING_IN_POLICY);
  const heard = Object.values(policy.environments).flatMap(({ notify = {} }) => Object.values(notify).flat());
  return Object.keys(policy.notifications?.channels ?? {})
    .filter((name) => !heard.includes(name) && !named.includes(name))
    .map((name) =>
      problemAt(
        source,
        [...CHANNELS, name],
        'nobody is told anything there',
        `notify: { approval_asked: [${name}] } under an environment, or notification_channels of a service`,
        'key',
      ),
    );
}

function channelRules(name: string, input: ChannelInput, source: Source): Problem[] {
  const path = [...CHANNELS, name];
  const found: Problem[] = [];
  if (!NAME.test(name)) found.push(problemAt(source, path, ...misnamed(name), 'key'));
  const given = FORMS.filter((form) => input[form] !== undefined);
  if (given.length !== 1 && wasRead(source, path))
    found.push(
      problemAt(
        source,
        path,
        given.length === 0 ? `it does not say what it is` : `it is ${given.join(' and ')} at once`,
        given.length === 0 ? `one of ${FORMS.join(', ')}` : 'a channel for each',
        'key',
      ),
    );
  const { user, password, tls } = input.email ?? {};
  const login = [...path, 'email'];
  if ((user === undefined) !== (password === undefined) && wasRead(source, login))
    found.push(problemAt(source, login, 'user and password belong together', 'both, or neither', 'key'));
  if (password !== undefined && tls === 'none')
    found.push(
      problemAt(source, [...login, 'tls'], 'the password would be sent in the clear', 'starttls or implicit'),
    );
  return found;
}

/** Nothing of it where nothing is said: such a policy has the hash that it always had. */
export const notificationsOf = (
  input: NotificationInput | undefined,
): { readonly notifications?: Notifications } =>
  input === undefined
    ? {}
    : {
        notifications: {
          channels: Object.fromEntries(
            Object.entries(input.channels).map(([name, channel]) => [name, channelOf(channel)]),
          ),
          pageEveryMs: input.page_every ?? PAGE_EVERY_MS,
        },
      };

export function notifyOf(input: NotifyInput | undefined): { readonly notify?: Notify } {
  const told = EVENTS.flatMap((event) => {
    const names = [...new Set(input?.[event] ?? [])];
    return names.length === 0 ? [] : [[event, names] as const];
  });
  return told.length === 0 ? {} : { notify: Object.fromEntries(told) };
}

function channelOf({ slack, pagerduty, email, webhook }: ChannelInput): Channel {
  if (slack !== undefined) return { kind: 'slack', webhook: slack.webhook };
  if (pagerduty !== undefined)
    return { kind: 'pagerduty', routingKey: pagerduty.routing_key, url: pagerduty.events_url ?? EVENTS_URL };
  if (webhook !== undefined) return { kind: 'webhook', url: webhook.url };
  if (email === undefined) throw new Error('a channel of no kind was not refused');
  const { host, port = 587, tls = 'starttls', from, to, user, password } = email;
  return {
    ...{ kind: 'email', host, port, tls, from, to },
    ...(user === undefined || password === undefined ? {} : { login: { user, password } }),
  };
}
const EVENTS_URL = 'https://events.pagerduty.com/v2/enqueue';
