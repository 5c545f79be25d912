import { pipelineId } from '../src/domain/ids.js';
import type { Kept } from '../src/domain/inputs.js';
import type { Plan, StagePlan } from '../src/domain/plan.js';
import { givenFrom, madeAnew, sameWork, type Passed } from '../src/domain/retry.js';
import { ShipwayError } from '../src/errors.js';
import type { ControlDeps } from './deps.js';

type Deps = Pick<ControlDeps, 'store' | 'artifacts'>;

/**
 * What a run that is tried again takes over of earlier ones: of the same commit, each stage as this plan has it, recorded as passed when
 * its run ended. `undefined` for a plan that takes nothing over, or ships a release. Fails with `retry.impossible`.
 */
export async function keptFor(deps: Deps, plan: Plan): Promise<Kept | undefined> {
  const reused = plan.stages.filter((stage) => stage.reused !== undefined);
  if (plan.release !== undefined || reused.length === 0) return undefined;
  const parts: Passed[] = [];
  for (const stage of reused) {
    const part = await passedIn(deps, plan, stage);
    if (typeof part === 'string')
      throw new ShipwayError('retry.impossible', `the run cannot be tried again: ${part}`);
    parts.push(part);
  }
  return {
    artifacts: parts.flatMap(({ artifacts }) => artifacts ?? []),
    evidence: parts.flatMap(({ evidence }) => evidence),
  };
}

/** What the stage has made in the run that it is left to, or why it may not be left to that. */
async function passedIn({ store, artifacts }: Deps, plan: Plan, stage: StagePlan): Promise<Passed | string> {
  const { name, reused: run = '' } = stage;
  const row = await store.runs.find(pipelineId(plan.service, run));
  const part = row?.ended?.passed.find((p) => p.stage === name);
  const then = row?.plan.stages.find((s) => s.name === name);
  if (row === undefined || part === undefined || then === undefined)
    return `run ${run} has not passed ${name}`;
  if (row.plan.commit !== plan.commit || sameWork(then) !== sameWork(stage))
    return `run ${run} has not passed ${name} as it is now`;
  const foreign = givenFrom(plan, stage).find(
    (maker) => (row.plan.stages.find((s) => s.name === maker.name)?.reused ?? run) !== maker.reused,
  );
  if (foreign !== undefined)
    return `${name} was given what another run than ${foreign.reused ?? ''} made in ${foreign.name}`;
  const anew = madeAnew(plan, stage);
  if (anew !== undefined) return `${name} was given what ${anew} made, which runs again`;
  if (part.artifacts !== undefined && !(await artifacts.has(part.artifacts.digest)))
    return `the artifacts of ${name} are not kept any more`;
  for (const { digest } of part.evidence)
    if (!(await artifacts.has(digest))) return `what ${name} has found out is not kept any more`;
  return part;
}
