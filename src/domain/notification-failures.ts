import { row, type FailureRow } from './failure-row.js';

/** What keeps a message from reaching people. No run depends on any but the first, which it is told before it begins: messages are in the outbox, and tried again from there. */
export const NOTIFICATION_FAILURES = {
  'policy.unknown_channel': row(
    false,
    'a service has channels told that the policy does not define (`notification_channels`)',
    'correct the name, or define the channel under `notifications` of shipway.policy.yaml on the workers',
    3,
  ),
  'notification.unavailable': row(
    true,
    'a channel surely did not take a message',
    'nothing: it is tried again for a day; `shipway doctor` tells which messages could not be delivered',
  ),
  'notification.refused': row(
    false,
    'a channel refused a message',
    'read the message; check the channel under `notifications` in the policy, and its credential on the control workers',
  ),
  'notification.unknown': row(
    false,
    'a channel may have taken a message, and did not say so',
    'look whether it has arrived: Slack and mail are never sent one twice',
  ),
} as const satisfies Record<string, FailureRow>;
