import { ownOf } from '../src/domain/adapters.js';
import type { Plan, DeploymentPlan } from '../src/domain/plan.js';
import {
  readSteps,
  type OwnStrategy,
  type StrategyFunction,
  type StrategyStep,
} from '../src/domain/strategy.js';
import type { Live } from '../src/domain/target.js';
import { ShipwayError, whyOf } from '../src/errors.js';
import type { ControlDeps } from './deps.js';
import { pinned } from './pinned.js';

type Deps = Pick<ControlDeps, 'secrets' | 'policy' | 'strategies'>;
type About = Pick<Plan, 'service' | 'environment' | 'version' | 'commit'>;

/**
 * The deployment as it would be admitted now: with the versions of its secrets, and the steps that a strategy of one's own gives. Where nothing
 * serves there is nothing to share the traffic with, and none are asked for. Fails with `strategy.unknown`, `strategy.invalid` and as
 * `pinned` does.
 */
export async function resolved(
  deps: Deps,
  about: About,
  plan: DeploymentPlan,
  live: Live | undefined,
): Promise<DeploymentPlan> {
  const found = await pinned(deps, about.environment, plan);
  const { strategy } = found;
  if (strategy.kind !== 'own') return found;
  const own = ownOf(deps.strategies, strategy.uses);
  if (own === undefined)
    throw new ShipwayError('strategy.unknown', `this worker was not given the strategy ${strategy.uses}`);
  if (live === undefined) return found;
  return { ...found, strategy: { ...strategy, steps: stepsOf(own, about, found, strategy, live) } };
}

function stepsOf(
  own: StrategyFunction,
  { service, environment, version, commit }: About,
  plan: DeploymentPlan,
  strategy: OwnStrategy,
  { release }: Live,
): readonly StrategyStep[] {
  const stable = { version: release.version, commit: release.commit };
  const facts = { service, environment, version, commit, stable, plan, with: strategy.with };
  const given = asked(() => own(structuredClone(facts)), strategy.uses);
  const steps = readSteps(given, plan);
  if (typeof steps === 'string') throw new ShipwayError('strategy.invalid', `${strategy.uses}: ${steps}`);
  return steps;
}

const MOST_SAID = 500;
function asked(own: () => unknown, uses: string): unknown {
  try {
    return own();
  } catch (error) {
    const said = whyOf(error);
    throw new ShipwayError('strategy.invalid', `${uses} threw: ${said.slice(0, MOST_SAID)}`, {
      cause: error,
    });
  }
}
