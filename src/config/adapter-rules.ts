import { BUILT_IN, SHIPPED, routersIn } from '../domain/adapters.js';
import { refuseCombination, refuseUsage } from '../domain/capabilities.js';
import type { DeploymentPlan } from '../domain/plan.js';
import type { OwnAdapters } from './adapter-schema.js';
import { alternative } from './alternative.js';
import type { Ask } from './deployment-rules.js';
import type { Problem } from './problem.js';
import { shown } from './shown.js';

/** Whether what a deployment names is there, and can together do what its strategy needs. */
export function adapterProblems(plan: DeploymentPlan, own: OwnAdapters | undefined, ask: Ask): Problem[] {
  // Of names that could not be read nothing is said.
  if (own === undefined) return [];
  const known = {
    provider: Object.keys(own.providers),
    router: Object.keys(own.routers),
    metrics: own.metrics,
  };
  const unknown = (['provider', 'router', 'metrics'] as const).filter(
    (port) =>
      !routersIn(plan[port]).every((name) => SHIPPED[port].includes(name)) &&
      !known[port].includes(plan[port]),
  );
  if (unknown.length > 0)
    return unknown
      .filter((port) => ask.read([port]))
      .map((port) =>
        ask.say(
          [port],
          `adapters has no ${port === 'metrics' ? 'metric source' : port} ${shown(plan[port].replace('own:', ''))}`,
          known[port].length === 0
            ? `${SHIPPED[port].join(' or ')}, or naming it there`
            : alternative(plan[port], known[port]),
        ),
      );
  const unnamed = unnamedStrategy(plan, own, ask);
  if (unnamed !== undefined) return unnamed;
  const why = refuseCombination(plan, own);
  if (why !== undefined) return [ask.say(['strategy'], why, 'another strategy')];
  const unasked = refuseUsage(plan, own.providers);
  if (unasked !== undefined)
    return [ask.say(['triggers', unasked.trigger], unasked.why, 'another provider, or leaving it out')];
  return uncounted(plan, ask);
}

/** What only a part of the users meet must not judge for all of them. */
function uncounted({ metrics, router }: DeploymentPlan, ask: Ask): Problem[] {
  const unseen = routersIn(router).filter((name) => name !== BUILT_IN.router);
  if (metrics !== BUILT_IN.metrics || unseen.length === 0) return [];
  const counted = unseen.length < routersIn(router).length ? 'only a part' : 'nothing';
  return [
    ask.say(
      ['router'],
      `the gateway does not see what ${unseen.join(' and ')} ${unseen.length > 1 ? 'share' : 'shares'} out, so ${counted} would be counted`,
      'metrics: prometheus, or own:NAME for a source of your own',
    ),
  ];
}

function unnamedStrategy({ strategy }: DeploymentPlan, own: OwnAdapters, ask: Ask): Problem[] | undefined {
  if (strategy.kind !== 'own' || own.strategies.includes(strategy.uses)) return undefined;
  if (!ask.read(['strategy'])) return [];
  const instead =
    own.strategies.length === 0
      ? 'naming it there, in strategies'
      : alternative(strategy.uses, own.strategies);
  return [
    ask.say(['strategy'], `adapters has no strategy ${shown(strategy.uses.replace('own:', ''))}`, instead),
  ];
}
