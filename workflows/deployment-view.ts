import type { DeploymentInput } from '../src/domain/inputs.js';
import { strategyName } from '../src/domain/strategy.js';
import { TIMELINE_LIMIT, type DeploymentView } from '../src/domain/view.js';

export function initialView(input: DeploymentInput): DeploymentView {
  return {
    id: input.id,
    service: input.service,
    environment: input.environment,
    version: input.release.version,
    ...(input.replaces === undefined
      ? {}
      : { replaces: input.replaces.release.version, stable: input.replaces.slot }),
    kind: input.kind,
    strategy: strategyName(input.plan.strategy),
    ...(input.run === undefined ? {} : { run: input.run }),
    phase: 'admission',
    shares: {},
    candidate: input.candidate,
    timeline:
      input.leftBehind === undefined
        ? []
        : [{ at: Date.now(), what: `the policy says that ${input.leftBehind} is gone: it is left as it is` }],
  };
}

/** `view` after `change`. A new phase has no end until it says one. */
export function changed(view: DeploymentView, change: Partial<DeploymentView>): DeploymentView {
  const { nextAt, ...rest } = view;
  return { ...(change.phase === undefined && nextAt !== undefined ? view : rest), ...change };
}

export const happened = (view: DeploymentView, at: number, what: string): DeploymentView => ({
  ...view,
  timeline: [...view.timeline, { at, what }].slice(-TIMELINE_LIMIT),
});
