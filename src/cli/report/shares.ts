import type { ChainedEntry } from '../../domain/audit.js';
import type { DeploymentRow } from '../../domain/store.js';
import type { DeploymentReport } from './model.js';

/** The candidate's share from its begin on: 0, each shift that was made, and each way back that was. */
export function sharesOf(
  { id, startedAt }: Pick<DeploymentRow, 'id' | 'startedAt'>,
  entries: readonly ChainedEntry[],
): DeploymentReport['shares'] {
  const moved = entries
    .filter(({ entry }) => entry.workflow === id)
    .flatMap(({ entry: { event_type: event, details, timestamp } }) => {
      const { effect, ok, share } = details;
      const shifted = event === 'effect.result' && effect === 'shift_traffic' && ok === true;
      return (shifted || event === 'effect.undone') && typeof share === 'number'
        ? [{ at: timestamp, share }]
        : [];
    })
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return [{ at: startedAt, share: 0 }, ...moved].filter(
    ({ share }, i, all) => i === 0 || share !== all[i - 1]?.share,
  );
}
