import { apiClient, type ApiClient } from '../client/api.js';
import type { ApiAddress } from '../client/api-call.js';
import { CommandError } from '../client/failure.js';
import type { DeploymentView } from '../domain/view.js';
import type { Sample } from '../domain/watching.js';
import { progress } from './output.js';
import type { Values } from './table.js';

/** What the newest look said of one trigger, and the numbers of those before it. */
export interface Measure extends Omit<Sample, 'deployment' | 'look'> {
  /** Oldest first, the newest look's last; `null` where there was nothing to measure. */
  readonly recent: readonly (number | null)[];
}
/** What is measured of a deployment under way; nothing of one that has ended. */
export type Measuring = (of: DeploymentView | undefined) => Promise<readonly Measure[]>;

/** As much as a line has room for. */
const MOST_RECENT = 12;
/** How far back is looked at first: a bake may have been watched for days. */
const RECENT_MS = 10 * 60_000;

/** Who follows a deployment waits no longer than this for its numbers. */
const ANSWER_MS = 2_000;
/** So long an API that has not answered is not asked again, and what was measured last stays. */
const SILENT_MS = 30_000;

/** What is measured, as the API there knows it; one that swallows what it is asked makes what is followed late only now and then. */
export const measuringAt = (to: ApiAddress, values: Values): Measuring =>
  measuring(apiClient(to, ANSWER_MS), values);

/** Asks the API for what is new at each call. Without an answer there is nothing to show, which is said once and ends nothing. */
export function measuring({ samples }: Pick<ApiClient, 'samples'>, values: Values): Measuring {
  const seen = new Map<string, Seen>();
  let told = false;
  let again = 0;
  return async (of) => {
    if (of === undefined || of.outcome !== undefined) return [];
    const known = seen.get(of.id) ?? {
      newest: new Date(Date.now() - RECENT_MS).toISOString(),
      all: new Map(),
    };
    seen.set(of.id, known);
    if (Date.now() < again) return newestOf(known);
    try {
      for await (const sample of samples(of.id, known.newest)) add(known, sample);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (!told) progress(`what is measured cannot be shown: ${error.message}`, values);
      told = true;
      again = Date.now() + SILENT_MS;
    }
    return newestOf(known);
  };
}

interface Seen {
  newest: string;
  /** By trigger, oldest first. */
  readonly all: Map<string, Sample[]>;
}

/** The samples of the newest instant are asked for once more, as not all of its look may have been there. */
function add(seen: Seen, sample: Sample): void {
  const { trigger, at } = sample;
  const before = (seen.all.get(trigger) ?? []).filter((other) => other.at !== at);
  seen.all.set(trigger, [...before, sample].slice(-MOST_RECENT));
  if (at > seen.newest) seen.newest = at;
}

/** What an older look said does not stand beside it: a source that was silent then has answered since, or the other way round. */
const newestOf = ({ newest, all }: Seen): readonly Measure[] =>
  [...all.values()].flatMap((samples) => {
    const last = samples.at(-1);
    if (last?.at !== newest) return [];
    const { deployment: _, look: __, ...rest } = last;
    return [{ ...rest, recent: samples.map(({ measured }) => measured?.value ?? null) }];
  });
