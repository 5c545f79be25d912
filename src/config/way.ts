import type { StageConfig } from './stages.js';

/** A stage of a run; `environment` is whose own it is, where a run leads through several. */
export interface Placed {
  readonly config: StageConfig;
  readonly environment?: string;
}

/** Where a run leads that names no environment, in this order; empty when the configuration does not say. */
export const wayOf = (stages: readonly StageConfig[]): readonly string[] =>
  stages.flatMap((s) => (s.kind === 'deploy' ? (s.environments ?? []) : []));

/** The first stage that is an environment's own: its gate or its deployment. Those before it are done once. */
export function ownFrom(stages: readonly Pick<StageConfig, 'kind'>[]): number {
  const first = stages.findIndex(({ kind }) => kind === 'approve' || kind === 'deploy');
  return first < 0 ? stages.length : first;
}

/** What a stage is called where a run leads through several environments. */
export const nameIn = (stage: string, environment: string): string => `${stage}-${environment}`;

/** The stages of a run through these environments: what is an environment's own is there for each of them, and waits for the one before. */
export function placed(stages: readonly StageConfig[], environments: readonly string[]): readonly Placed[] {
  if (environments.length < 2) return stages.map((config) => ({ config }));
  const from = ownFrom(stages);
  const own = stages.slice(from);
  return [
    ...stages.slice(0, from).map((config) => ({ config })),
    ...environments.flatMap((environment, i) => placedIn(own, environment, environments[i - 1])),
  ];
}

function placedIn(own: readonly StageConfig[], environment: string, before: string | undefined): Placed[] {
  const isOwn = (name: string): boolean => own.some((s) => s.name === name);
  return own.map((config) => {
    const needs = config.needs.map((need) => (isOwn(need) ? nameIn(need, environment) : need));
    const first = before !== undefined && !config.needs.some(isOwn);
    return {
      environment,
      config: {
        ...config,
        name: nameIn(config.name, environment),
        needs: first ? [...needs, ...own.map((s) => nameIn(s.name, before))] : needs,
      },
    };
  });
}
