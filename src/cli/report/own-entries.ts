import type { ChainedEntry } from '../../domain/audit.js';
import type { DeploymentRow } from '../../domain/store.js';

/**
 * Those of a target's entries that are of these deployments: their admissions, what was refused to the run, and what people said to the
 * target while one of them was on its way; of a rollback also the statement that asked for it.
 */
export function ofDeployments(
  target: readonly ChainedEntry[],
  deployments: readonly Pick<DeploymentRow, 'id' | 'kind' | 'endedAt'>[],
  run: string | undefined,
): readonly ChainedEntry[] {
  const own = new Set<ChainedEntry>();
  const keep = (entry: ChainedEntry | undefined): void => void (entry && own.add(entry));
  for (const chained of target) if (run !== undefined && isRefusalOf(chained, run)) own.add(chained);
  for (const { id, kind, endedAt } of deployments) {
    const about = target.filter(({ entry }) => entry.details['deployment'] === id);
    about.forEach(keep);
    const admitted = about.find(({ entry }) => entry.event_type === 'deployment.admitted');
    if (admitted === undefined) continue;
    const after = (c: ChainedEntry): boolean =>
      c.seq > admitted.seq && (endedAt === undefined || c.entry.timestamp <= endedAt);
    target.filter((c) => isStatement(c) && after(c)).forEach(keep);
    if (kind === 'rollback') keep(target.findLast((c) => c.seq < admitted.seq && asksFor(c, admitted)));
  }
  return [...own].toSorted((a, b) => a.seq - b.seq);
}

const isStatement = ({ entry }: ChainedEntry): boolean => entry.event_type.startsWith('statement.');

const asksFor = ({ entry }: ChainedEntry, admitted: ChainedEntry): boolean =>
  entry.event_type === 'statement.accepted' &&
  entry.statement?.verb === 'rollback' &&
  entry.user === admitted.entry.user;

function isRefusalOf({ entry: { event_type: event, details } }: ChainedEntry, run: string): boolean {
  const { request } = details;
  return event === 'request.refused' && typeof request === 'string' && request.startsWith(`${run}/`);
}
