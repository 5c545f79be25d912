import type { Notifier, Sent } from '../../domain/notifier.js';
import { postNotice } from './outcome.js';

const MARKS = { critical: ':rotating_light:', error: ':x:', warning: ':warning:', info: ':bell:' } as const;

/**
 * Slack's incoming webhooks: the address is the credential, and an answer 200 is the only one that says that it was posted. What comes
 * twice is posted twice, and a 500 may come after it was posted.
 */
export const slackNotifier = ({ webhook }: { readonly webhook: string }): Notifier => ({
  send: (sent, signal) =>
    postNotice(
      {
        url: webhook,
        secrets: [],
        body: { text: textOf(sent), unfurl_links: false, unfurl_media: false },
      },
      { taken: (status) => status === 200, serverErrorsAreUnknown: true },
      signal,
    ),
});

const textOf = ({ notice: { title, lines, severity }, link }: Sent): string =>
  [
    `${MARKS[severity]} *${escaped(title)}*`,
    ...lines.map((line) => (line.startsWith('shipway ') ? `\`${escaped(line)}\`` : escaped(line))),
    ...(link === undefined ? [] : [`<${escaped(link)}|see it in Temporal>`]),
  ].join('\n');

/** Slack's three control characters; without them no text of ours calls anybody or hides an address. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('`', "'");
