import { OWN, routersIn, routersText } from '../domain/adapters.js';
import { portsText } from '../domain/changes.js';
import { percent } from '../domain/details.js';
import { deploymentIn, environmentsOf } from '../domain/environments.js';
import { variantsText } from '../domain/flags.js';
import {
  kindsIn,
  type CommandStage,
  type DeploymentPlan,
  type OwnStage,
  type PerformanceStage,
  type Plan,
  type StagePlan,
} from '../domain/plan.js';
import { orderOf, unseenBy } from '../domain/graph.js';
import { secretsIn, secretText } from '../domain/secrets.js';
import { hasSecrets } from './plan.js';
import { dilutedText } from './explain-flag.js';
import { metricsText, unjudgedText } from './explain-metrics.js';
import { trafficTexts, wayBackTexts } from './explain-traffic.js';
import { queueRules } from '../domain/queue.js';
import { durationText } from '../domain/duration.js';
import { sizeText } from '../domain/size.js';
import { leavesBoth, strategyName } from '../domain/strategy.js';

/** The plan in words, for people: what each stage does, how the traffic moves, how long it takes, and what the worker will check. */
export function explainPlan(plan: Plan): readonly string[] {
  const { sideBySide } = orderOf(plan);
  return [
    `${plan.service} ${plan.version} → ${environmentsOf(plan).join(' → ')}`,
    `commit ${plan.commit}${plan.dirty ? ' (made of a working tree that is not committed)' : ''}, by ${plan.author}, ${plan.committedAt}`,
    ...(plan.release === undefined ? [] : [`release ${plan.release.slice(0, 12)}, as it was built before`]),
    ...(plan.despiteHold === undefined
      ? []
      : [`also where it was rolled back from before: ${plan.despiteHold}`]),
    '',
    ...plan.stages.map(
      (s, i) => `${String(i + 1)}. ${stageText(s)}${early(plan, s)}${sideBySide ? beside(s) : ''}`,
    ),
    ...environmentsOf(plan).flatMap((environment) => {
      const deployment = deploymentIn(plan, environment);
      const where = plan.through === undefined ? '' : ` in ${environment}`;
      return deployment === undefined ? [] : ['', ...deploymentText(deployment, where)];
    }),
    '',
    `the worker will check: that its policy names ${plan.through === undefined ? 'the environment' : 'the environments'}, who asks, how many must approve, that the target has not`,
    'rolled this release back before, that there is the evidence which the policy requires, and at the deployment that what was approved',
    'is still what would be done',
    ...kindsIn(plan).map((uses) => `before any stage: that the workers of stages have ${uses}`),
    ...(plan.stages.some((s) => s.kind === 'deploy' && s.deployment.notificationChannels !== undefined)
      ? ['before any stage: that its policy has the channels that are to be told']
      : []),
    ...(plan.stages.some(hasSecrets)
      ? ['before any stage: that every secret has a value; the deployment gets the newest of then']
      : []),
  ];
}

/** What a policy that requires a scan, or evidence of an own stage, would say of this one. */
function early(plan: Plan, stage: StagePlan): string {
  const { kind, name, skipped, reused } = stage;
  const counts = kind === 'scan' || (kind === 'own' && stage.evidence);
  if (!counts || skipped !== undefined || reused !== undefined) return '';
  const unseen = unseenBy(plan, name);
  return unseen === undefined
    ? ''
    : `; sees nothing of what ${unseen} makes, so it is not the ${kind === 'scan' ? 'scan' : 'evidence'} that a policy may require`;
}

/** When a stage begins, where that is not after the one above it. */
const beside = ({ needs, skipped, reused }: StagePlan): string =>
  skipped !== undefined || reused !== undefined
    ? ''
    : `; ${needs.length === 0 ? 'at once' : `after ${needs.join(', ')}`}`;

function stageText(stage: StagePlan): string {
  if (stage.skipped !== undefined) return `${stage.name}: skipped, ${stage.skipped}`;
  if (stage.reused !== undefined) return `${stage.name}: not again, run ${stage.reused} has done it`;
  switch (stage.kind) {
    case 'command':
      return `${stage.name}: ${stage.script.join(' && ')}${stage.artifacts.length === 0 ? '' : ` → ${stage.artifacts.join(', ')}`}${reportsText(stage)} (${limitsText(stage)})`;
    case 'scan':
      return `${stage.name}: ${stage.checks.join(', ')}${stage.allowFailure ? ' (may fail)' : ''}`;
    case 'performance_test':
      return performanceText(stage);
    case 'own':
      return ownText(stage);
    case 'approve':
      return `${stage.name}: waits for as many people as the policy asks for`;
    case 'deploy':
      return `${stage.name}: ${strategyName(stage.deployment.strategy)}`;
  }
}

function ownText({ name, uses, with: given, artifacts, evidence, ...stage }: OwnStage): string {
  const what = Object.keys(given).length === 0 ? '' : ` with ${JSON.stringify(given)}`;
  const leaves = artifacts.length === 0 ? '' : ` → ${artifacts.join(', ')}`;
  return `${name}: ${uses}${what}${leaves}${evidence ? ', evidence: its answer' : ''} (${limitsText(stage)})`;
}

const limitsText = ({
  timeoutMs,
  attempts,
  allowFailure,
}: Pick<OwnStage, 'timeoutMs' | 'attempts' | 'allowFailure'>): string =>
  `at most ${durationText(timeoutMs)}${attempts > 1 ? `, ${String(attempts)} attempts` : ''}${allowFailure ? ', may fail' : ''}`;

function performanceText({ name, thresholds: t, ...stage }: PerformanceStage): string {
  const limits = [
    `errors above ${percent(t.errorRate)}`,
    ...Object.entries({ p50: t.p50Ms, p95: t.p95Ms, p99: t.p99Ms }).flatMap(([quantile, ms]) =>
      ms === undefined ? [] : [`${quantile} above ${durationText(ms)}`],
    ),
  ];
  return `${name}: starts ${stage.command.join(' ')} and sends ${String(stage.rate)} requests a second for ${durationText(stage.durationMs)}; fails with ${limits.join(', ')}${stage.allowFailure ? ' (may fail)' : ''}`;
}

function reportsText({ reports: { junit, coverage, sarif } = {} }: CommandStage): string {
  const all = [
    ...(junit === undefined ? [] : ['tests']),
    ...(coverage === undefined
      ? []
      : [`coverage${coverage.minimum === undefined ? '' : ` of at least ${percent(coverage.minimum)}`}`]),
    ...(sarif === undefined
      ? []
      : [`findings${sarif.failOn === 'never' ? '' : `, none of level ${sarif.failOn} or worse`}`]),
  ];
  return all.length === 0 ? '' : `, evidence: ${all.join(', ')}`;
}

/** `where`: as words, when there are several. */
function deploymentText(d: DeploymentPlan, where: string): readonly string[] {
  const { command, replicas } = d.configuration;
  return [
    `deployment${where}: ${String(replicas)} × ${command.join(' ')} by ${d.provider} behind ${routersText(d.router)}${portText(d)}`,
    ...togetherText(d),
    `  a first deployment has nothing to compare with: smoke test, all users at once, bake; its undo is removal`,
    ...variablesText(d),
    ...(d.flags === undefined
      ? []
      : [
          `  flags, off until they are set: ${d.flags.map((flag) => `${flag.name} (${variantsText(flag)})`).join('; ')}`,
        ]),
    ...trafficTexts(d).map((text) => `  ${text}`),
    `  ${queueText(d)}`,
    `  goes back by itself when: ${triggersText(d).join('; ')}`,
    ...uncomparedText(d),
    ...dilutedText(d),
    ...unjudgedText(d),
    `  looked at every ${durationText(d.watch.intervalMs)}: from a breach that the window shows to the decision at most that long`,
    ...wayBackTexts(d).map((text) => `  ${text}`),
    ...toldText(d),
  ];
}

const portText = (d: DeploymentPlan): string => {
  const { listen = 0, secondListen = 0 } = d;
  if (listen === 0 && secondListen === 0) return '';
  return ` on ${d.secondListen === undefined ? 'port' : 'ports'} ${portsText(d)}`;
};

const togetherText = ({ router }: DeploymentPlan): readonly string[] =>
  routersIn(router).length < 2
    ? []
    : [
        '  users are shared out by both in the same way: a step is taken at both or at none, and a way back waits for neither',
      ];

const toldText = ({ notificationChannels: named = [] }: DeploymentPlan): readonly string[] =>
  named.length === 0
    ? []
    : [
        `  told when it goes back, fails, is stopped or asks what shall become of it: ${named.join(', ')}, beside whom the policy tells`,
      ];

/** Names and where the secret ones are; values are in the configuration. */
function variablesText({ configuration }: DeploymentPlan): readonly string[] {
  const secrets = secretsIn(configuration).map(
    ([name, of]) => `${name} from secret ${secretText(of)}${of.version === undefined ? ', the newest' : ''}`,
  );
  const plain = Object.keys(configuration.environment).sort();
  return plain.length + secrets.length === 0 ? [] : [`  variables: ${[...plain, ...secrets].join('; ')}`];
}

function queueText(d: DeploymentPlan): string {
  const { policy, duringBake, minBakeMs } = queueRules(d);
  if (policy === 'reject') return 'fails when the target is at work';
  const turn =
    policy === 'queue'
      ? 'waits in the order of asking when the target is at work'
      : 'takes the place of those that wait when the target is at work';
  return duringBake === 'queue' || minBakeMs >= d.bakeMs
    ? `${turn}, behind a whole bake`
    : `${turn}; a bake ends for the next run after ${durationText(minBakeMs)}`;
}

/** Where users are with both, and it is not certain that something says how stable fares in the same way. */
export function uncomparedText({ strategy, metrics, router, watch }: DeploymentPlan): readonly string[] {
  if (!leavesBoth(strategy.kind)) return [];
  if (watch.triggers.comparison === undefined)
    return [
      `  not compared with stable: ${metrics} with ${routersText(router)} does not tell users apart; limits alone decide`,
    ];
  return metrics.startsWith(OWN)
    ? [`  compared with stable if the counters of ${metrics} have atRisk; else limits alone decide`]
    : [];
}

/** What takes a release back by itself, in words. */
export function triggersText({ watch: { triggers } }: Pick<DeploymentPlan, 'watch'>): readonly string[] {
  const { errorRate, responseTime, healthCheckFailures, cpu, memory, comparison, metrics } = triggers;
  return [
    ...(comparison === undefined
      ? []
      : [
          `while stable serves too: errors ${percent(comparison.tolerance)} above its own, by a test that is wrong in at most ${percent(comparison.alpha)} of deployments`,
        ]),
    ...(errorRate === undefined
      ? []
      : [
          `more than ${percent(errorRate.threshold)} errors in ${durationText(errorRate.windowMs)} (of ${String(errorRate.minRequests)} requests or more)`,
        ]),
    ...(responseTime === undefined
      ? []
      : [`p95 above ${durationText(responseTime.p95ThresholdMs)} in ${durationText(responseTime.windowMs)}`]),
    ...(healthCheckFailures === undefined
      ? []
      : [
          `${String(healthCheckFailures.threshold)} failed health checks in ${durationText(healthCheckFailures.windowMs)}`,
        ]),
    ...metricsText(metrics),
    ...(cpu === undefined
      ? []
      : [`an instance above ${percent(cpu.threshold)} of a processor for ${durationText(cpu.windowMs)}`]),
    ...(memory === undefined
      ? []
      : [`an instance above ${sizeText(memory.threshold)} of memory for ${durationText(memory.windowMs)}`]),
  ];
}
