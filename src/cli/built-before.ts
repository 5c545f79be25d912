import { apiClient } from '../client/api.js';
import { CommandError } from '../client/failure.js';
import { environmentsOf } from '../domain/environments.js';
import type { Plan } from '../domain/plan.js';
import { toReuse, type Reuse } from '../domain/reuse.js';
import { UsageError } from '../errors.js';
import { settings } from './context.js';
import { progress } from './output.js';
import type { Values } from './table.js';

type Asked = Pick<Plan, 'service' | 'commit' | 'through' | 'environment'>;

/** What was built of a commit before, and is shipped instead of building it anew; `undefined` with `--rebuild`, or when nothing was. */
export async function builtBefore(values: Values, asked: Asked): Promise<Reuse | undefined> {
  if (values['rebuild'] === true) return undefined;
  const api = apiClient(await settings(values));
  const { service, commit } = asked;
  const rows = await api.releases(service, commit);
  return rows.length === 0 ? undefined : toReuse(rows, await api.targets(service), environmentsOf(asked));
}

/** The same for whoever only looks, who may do that without a server: that it is not known is said. */
export async function builtBeforeIfKnown(values: Values, asked: Asked): Promise<Reuse | undefined> {
  try {
    return await builtBefore(values, asked);
  } catch (error) {
    if (!(error instanceof CommandError) && !(error instanceof UsageError)) throw error;
    progress(`whether this commit was built before is not known: ${error.message}`, values);
    return undefined;
  }
}

/** What is shipped and why, for people. */
export const reuseLine = ({ release, run, goodIn }: Reuse): string =>
  `ships release ${release.slice(0, 12)} as run ${run} built it${goodIn.length === 0 ? '' : `, known good in ${goodIn.join(' and ')}`} (--rebuild builds it anew)`;
