import type { Notifier, Sent } from '../../domain/notifier.js';
import { sha256 } from '../../hash.js';
import { postNotice } from './outcome.js';

interface Service {
  readonly routingKey: string;
  /** `https://events.pagerduty.com/v2/enqueue`, or that of another region. */
  readonly url: string;
}
const LONGEST_KEY = 255;

/**
 * PagerDuty's Events API v2. An alarm is known by its `dedup_key`, so the same again adds to it and its end resolves it: any retry is safe. An answer
 * 202 says that it was taken, 429 and 5xx are to be tried again.
 */
export const pagerdutyNotifier = ({ routingKey, url }: Service): Notifier => ({
  send: (sent, signal) =>
    postNotice(
      {
        url,
        secrets: [routingKey],
        body: { routing_key: routingKey, dedup_key: keyOf(sent.about), ...eventOf(sent) },
      },
      { taken: (status) => status === 202, serverErrorsAreUnknown: false },
      signal,
    ),
});

const keyOf = (about: string): string => {
  const key = `shipway/${about}`;
  return key.length <= LONGEST_KEY ? key : `shipway/${sha256(about)}`;
};

function eventOf({ notice, link }: Sent): object {
  if (notice.closes === true) return { event_action: 'resolve' };
  const { title: summary, service, environment, event, severity, at: timestamp, lines, version } = notice;
  return {
    event_action: 'trigger',
    payload: {
      ...{ summary, severity, timestamp, source: `${service}/${environment}` },
      ...{ component: service, group: environment, class: event },
      custom_details: { version, workflow: notice.workflow, lines },
    },
    client: 'shipway',
    ...(link === undefined ? {} : { links: [{ href: link, text: 'see it in Temporal' }] }),
  };
}
