import { z } from 'zod';
import { NAME } from '../domain/ids.js';
import { EVENTS, type Event } from '../domain/notification.js';
import { credential } from './credential-field.js';
import { choice, integer, name, wrong } from './fields.js';
import { duration } from './measures.js';
import { shown } from './shown.js';

const secret = (description: string, example: string) =>
  credential('SHIPWAY_NOTIFY_', { description, examples: [example] });

const mailAddress = (description: string, example: string) =>
  z
    .string()
    .max(300)
    .regex(/^(?:[^<>\p{Cc}]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/u, {
      error: ({ input }) => wrong(`${shown(input)} is no mail address`, example),
    })
    .meta({ description, examples: [example], form: 'mail address' });

const slack = z
  .strictObject({
    webhook: secret(
      'where workers find the address of an incoming webhook of Slack: a variable SHIPWAY_NOTIFY_…, or the absolute path of a file',
      'SHIPWAY_NOTIFY_SLACK',
    ),
  })
  .meta({ description: 'a channel of Slack', examples: [{ webhook: 'SHIPWAY_NOTIFY_SLACK' }] });

const pagerduty = z
  .strictObject({
    routing_key: secret(
      'where workers find the integration key of a service with Events API v2',
      'SHIPWAY_NOTIFY_PAGERDUTY',
    ),
    events_url: z
      .string()
      .regex(/^https?:\/\/[^\s/@?#]+\/[^\s@?#]*$/, {
        error: ({ input }) =>
          wrong(`${shown(input)} is no address of an API`, 'https://events.eu.pagerduty.com/v2/enqueue'),
      })
      .meta({
        description: 'its address, where that is another than that of the United States',
        default: 'https://events.pagerduty.com/v2/enqueue',
        examples: ['https://events.eu.pagerduty.com/v2/enqueue'],
        form: 'address',
      })
      .optional(),
  })
  .meta({
    description: 'alarms of PagerDuty: closed when what they are about is over',
    examples: [{ routing_key: 'SHIPWAY_NOTIFY_PAGERDUTY' }],
  });

const email = z
  .strictObject({
    host: z
      .string()
      .regex(/^(?!.*\.\.)[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, {
        error: ({ input }) => wrong(`${shown(input)} is no name of a host`, 'smtp.example.com'),
      })
      .meta({ description: 'the mail server', examples: ['smtp.example.com'] }),
    port: integer(1, 65_535, { description: 'its port', default: 587, examples: [465] }).optional(),
    tls: choice(['starttls', 'implicit', 'none'], [], {
      description:
        'how the connection is encrypted: by STARTTLS, without which nothing is sent, from its first byte, or not at all',
      default: 'starttls',
      examples: ['implicit'],
    }).optional(),
    from: mailAddress('who it is from', 'shipway <shipway@example.com>'),
    to: z
      .array(mailAddress('who it is for', 'ops@example.com'))
      .min(1)
      .max(50)
      .meta({ description: 'who it is for', examples: [['ops@example.com']] }),
    user: z
      .string()
      .min(1)
      .max(300)
      .meta({ description: 'who signs in to the server; needs `password`', examples: ['shipway'] })
      .optional(),
    password: secret('where workers find the password of `user`', 'SHIPWAY_NOTIFY_MAIL').optional(),
  })
  .meta({
    description: 'mail by SMTP',
    examples: [{ host: 'smtp.example.com', from: 'shipway@example.com', to: ['ops@example.com'] }],
  });

const webhook = z
  .strictObject({
    url: secret(
      'where workers find the address; each message is one JSON object, with its id as Idempotency-Key',
      'SHIPWAY_NOTIFY_HOOK',
    ),
  })
  .meta({ description: 'any address that takes JSON', examples: [{ url: 'SHIPWAY_NOTIFY_HOOK' }] });

const channel = z.strictObject({
  slack: slack.optional(),
  pagerduty: pagerduty.optional(),
  email: email.optional(),
  webhook: webhook.optional(),
});
export type ChannelInput = z.output<typeof channel>;

export const notificationSchema = z
  .strictObject({
    channels: z.record(z.string(), channel).meta({
      description: 'where messages to people go, by names that `notify` uses; each is one of these',
      examples: [{ ops: { slack: { webhook: 'SHIPWAY_NOTIFY_SLACK' } } }],
      propertyNames: { type: 'string', pattern: NAME.source },
    }),
    page_every: duration(
      {
        description:
          'how long until a question that holds a deployment up is told again while nobody answers',
        default: '15m',
        examples: ['5m'],
      },
      '1m',
    ).optional(),
  })
  .meta({ description: 'messages to people' });

const WHEN: Readonly<Record<Event, string>> = {
  approval_asked:
    'a run waits for an approval, told again once before it expires, or a step of a strategy for a person, told again until it is answered',
  paused: 'somebody has paused a deployment; told again until it is answered',
  parked: 'a deployment is in doubt and asks; told again until it is answered',
  undo_failed: 'something could not be put back; told again until it is answered',
  stuck: 'a run, deployment or target met an error that nobody foresaw',
  rolled_back: 'a deployment went back after users had reached it',
  failed: 'a deployment ended before any user reached it',
  aborted: 'a deployment was stopped at somebody’s word',
  shipped: 'a deployment is live',
  emergency: 'somebody has declared an emergency, and what it came to',
  drift: 'a target is not as recorded',
};
const heard = (event: Event) =>
  z
    .array(name({ description: 'a channel' }))
    .max(20)
    .meta({ description: `who is told that ${WHEN[event]}`, examples: [['ops']] })
    .optional();
export const notifySchema = z
  .strictObject(
    Object.fromEntries(EVENTS.map((event) => [event, heard(event)])) as Record<
      Event,
      ReturnType<typeof heard>
    >,
  )
  .meta({
    description: 'channels of `notifications` by what they are told; nobody is told what is not here',
    examples: [{ approval_asked: ['ops'], undo_failed: ['on-call'] }],
  });

/** In `shipway.yaml`: channels that a service names. */
export const namedChannels = z
  .array(name({ description: 'a channel' }))
  .max(20)
  .meta({
    description:
      'channels of the policy’s `notifications` that hear, beside those of its `notify`, when a deployment goes back, fails, is stopped, or asks somebody what shall become of it',
    examples: [['slack', 'email', 'pagerduty']],
  });
export type NotificationInput = z.output<typeof notificationSchema>;
export type NotifyInput = z.output<typeof notifySchema>;
