import type { Notifier } from '../../domain/notifier.js';
import { postNotice } from './outcome.js';

/**
 * A JSON object to any address, which is the credential. `Idempotency-Key` names the message, so that who has taken it knows it when it
 * comes again; any answer 2xx says that it was taken.
 */
export const webhookNotifier = ({ url }: { readonly url: string }): Notifier => ({
  send: ({ id, about, notice, link }, signal) =>
    postNotice(
      {
        url,
        secrets: [],
        headers: { 'idempotency-key': id },
        body: {
          ...{ schema: 1, id, about, state: notice.closes === true ? 'closed' : 'open' },
          ...{ event: notice.event, severity: notice.severity, title: notice.title, lines: notice.lines },
          ...{ service: notice.service, environment: notice.environment, version: notice.version },
          ...{ workflow: notice.workflow, at: notice.at },
          ...(link === undefined ? {} : { link }),
        },
      },
      { taken: (status) => status >= 200 && status < 300, serverErrorsAreUnknown: false },
      signal,
    ),
});
