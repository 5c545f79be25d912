import { PACES } from './gradual.js';
import { INCIDENT_SEVERITIES } from './incident.js';
import { MOST_REASON } from './statement.js';
import type { RollbackRequest } from './target.js';

/** What of a wish to go back is of no known form, whoever sent it by hand; `undefined`: nothing. Who says no reason is not kept from going back. */
export function formless({ reason, pace, emergency }: RollbackRequest): string | undefined {
  const said: unknown = reason;
  if (typeof said !== 'string' || said.length > MOST_REASON)
    return `reason is a text of at most ${String(MOST_REASON)} characters`;
  if (pace !== undefined && !PACES.includes(pace)) return `pace is one of ${PACES.join(', ')}`;
  const severity: unknown = (emergency as { readonly severity?: unknown } | null | undefined)?.severity;
  if (emergency !== undefined && !INCIDENT_SEVERITIES.some((one) => one === severity))
    return `emergency.severity is one of ${INCIDENT_SEVERITIES.join(', ')}`;
  return undefined;
}
