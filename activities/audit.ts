import { Context } from '@temporalio/activity';
import type { AuditEntry } from '../src/domain/audit.js';
import type { Subject } from '../src/domain/ids.js';
import type { Plan } from '../src/domain/plan.js';

/** A run is about where it leads, unless it is said where it is. */
export const subjectOf = ({ service, environment, version }: Plan, at = environment): Subject => ({
  service,
  environment: at,
  version,
});

/** The id of the workflow that runs this activity. */
export const self = (): string => Context.current().info.workflowExecution?.workflowId ?? '';

/** An entry about the workflow that runs this activity. The key makes it one entry, however often the activity is tried. */
export function entry(
  subject: Subject,
  event: string,
  details: AuditEntry['details'],
  more: Partial<Pick<AuditEntry, 'user' | 'statement' | 'late' | 'timestamp' | 'key'>> = {},
): AuditEntry {
  const { workflowExecution, activityId } = Context.current().info;
  const workflow = workflowExecution?.workflowId ?? '';
  return {
    key: `${workflow}/${workflowExecution?.runId ?? ''}/${activityId}/${event}`,
    timestamp: new Date().toISOString(),
    event_type: event,
    user: 'shipway',
    service: subject.service,
    environment: subject.environment,
    version: subject.version,
    workflow,
    details,
    ...more,
  };
}

/** The same of something that every attempt does anew: an intent, a result. */
export function attempted(...of: Parameters<typeof entry>): AuditEntry {
  const one = entry(...of);
  return { ...one, key: `${one.key}/${String(Context.current().info.attempt)}` };
}
