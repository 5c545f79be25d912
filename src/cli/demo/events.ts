import type { DeploymentView, RunView, StageView } from '../../domain/view.js';

export interface Status {
  readonly run: RunView;
  readonly deployment?: DeploymentView;
}
export interface Event {
  readonly at: number;
  readonly what: string;
  /** Where it happened; absent for what no environment has of its own. */
  readonly environment?: string;
}

/** What has happened in a run so far, oldest first: its stages' ends and the steps of its present deployment. */
export function eventsOf({ run, deployment }: Status): readonly Event[] {
  const stages = run.stages.filter((s) => s.kind !== 'deploy').flatMap(ended);
  const steps = (deployment?.timeline ?? []).map((step) => ({
    ...step,
    environment: deployment?.environment ?? run.environment,
  }));
  return [...stages, ...steps].toSorted((a, b) => a.at - b.at);
}

function ended({ name, state, startedAt, endedAt, note, environment }: StageView): readonly Event[] {
  if (startedAt === undefined || endedAt === undefined) return [];
  const took = `${((endedAt - startedAt) / 1_000).toFixed(1)} s`;
  const what = `${name} ${state.replaceAll('_', ' ')} after ${took}${note === undefined ? '' : `: ${note}`}`;
  return [{ at: endedAt, what, ...(environment === undefined ? {} : { environment }) }];
}

/** Every event once, of looks one after the other: a run's next deployment takes the place of the one before. */
export function eventBook() {
  const known = new Map<string, Event>();
  return {
    /** Takes in what is new of a look, and gives it. */
    add: (events: readonly Event[]): readonly Event[] => {
      const fresh = events.filter((event) => !known.has(keyOf(event)));
      for (const event of fresh) known.set(keyOf(event), event);
      return fresh;
    },
    all: (): readonly Event[] => [...known.values()].toSorted((a, b) => a.at - b.at),
  };
}

const keyOf = ({ at, what }: Event): string => `${String(at)} ${what}`;
