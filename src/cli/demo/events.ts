import type { DeploymentView, RunView, StageView } from '../../domain/view.js';

export interface Status {
  readonly run: RunView;
  readonly deployment?: DeploymentView;
}
export interface Event {
  readonly at: number;
  readonly what: string;
}

/** What has happened in a run so far, oldest first: its stages' ends and its deployment's steps. */
export function eventsOf({ run, deployment }: Status): readonly Event[] {
  const stages = run.stages.filter((s) => s.kind !== 'deploy').flatMap(ended);
  return [...stages, ...(deployment?.timeline ?? [])].toSorted((a, b) => a.at - b.at);
}

function ended({ name, state, startedAt, endedAt, note }: StageView): readonly Event[] {
  if (startedAt === undefined || endedAt === undefined) return [];
  const took = `${((endedAt - startedAt) / 1_000).toFixed(1)} s`;
  const what = `${name} ${state.replaceAll('_', ' ')} after ${took}${note === undefined ? '' : `: ${note}`}`;
  return [{ at: endedAt, what }];
}
