import { Context } from '@temporalio/activity';
import type { AuditEntry } from '../src/domain/audit.js';
import type { TargetRef } from '../src/domain/ids.js';

export type Subject = TargetRef & { readonly version: string };

/** An entry about the workflow that runs this activity; the key makes a retry of the same attempt the same entry. */
export function entry(
  subject: Subject,
  event: string,
  details: AuditEntry['details'],
  more: Partial<Pick<AuditEntry, 'user' | 'statement' | 'late' | 'timestamp' | 'key'>> = {},
): AuditEntry {
  const { workflowExecution, activityId, attempt } = Context.current().info;
  const workflow = workflowExecution?.workflowId ?? '';
  return {
    key: `${workflow}/${workflowExecution?.runId ?? ''}/${activityId}/${String(attempt)}/${event}`,
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
