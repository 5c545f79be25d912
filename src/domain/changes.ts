import { canonical } from './canonical.js';
import { cut } from './cut.js';
import { durationText } from './duration.js';
import { variantsText, type FlagDeclaration } from './flags.js';
import { under } from './metric-breach.js';
import { limitText } from './metric-judgement.js';
import type { Configuration, DeploymentPlan, Probe } from './plan.js';
import { sizeText } from './size.js';
import { RESOURCES, type Resource } from './usage.js';
import type { MetricTrigger, Triggers } from './watch-plan.js';
import { percentText, stepsText, strategyText } from './strategy.js';
import { secretText, secretsIn, type SecretReference } from './secrets.js';

/** What serves now, as far as it is known: its configuration always, all else while its deployment is remembered. */
export type Serving = Pick<DeploymentPlan, 'configuration'> & Partial<DeploymentPlan>;

/**
 * How a deployment's settings differ from what serves, a line each, in the words of shipway.yaml. Plain values are shown, of secrets where
 * they are and which version. Empty: in nothing.
 */
export function changesOf(before: Serving, after: DeploymentPlan): readonly string[] {
  return [
    ...variableChanges(before.configuration, after.configuration),
    ...flagChanges(before, after),
    ...settingChanges(before, after),
    ...metricChanges(before, after),
  ];
}

function variableChanges(before: Configuration, after: Configuration): readonly string[] {
  const [was, is] = [variablesIn(before), variablesIn(after)];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
  return names.flatMap((name) => {
    const [from, to] = [was[name], is[name]];
    return same(from, to) ? [] : [`${name}: ${between(from, to)}`];
  });
}

/** What is cut when it is shown is compared whole. */
const same = (from: object | string | undefined, to: object | string | undefined): boolean =>
  from === to || (from !== undefined && to !== undefined && canonical(from) === canonical(to));

type Value = string | SecretReference;
const variablesIn = (of: Configuration): Readonly<Record<string, Value>> => ({
  ...of.environment,
  ...Object.fromEntries(secretsIn(of)),
});

function between(from: Value | undefined, to: Value | undefined): string {
  if (typeof from === 'object' && typeof to === 'object' && from.secret === to.secret)
    return `${valueText(from)} → ${versionText(to)}`;
  return `${valueText(from)} → ${valueText(to)}`;
}
const versionText = ({ version }: SecretReference): string =>
  version === undefined ? 'the newest' : `v${String(version)}`;

function valueText(value: Value | undefined): string {
  if (value === undefined) return 'unset';
  if (typeof value === 'object') return `secret ${secretText(value)}`;
  const short = cut(value);
  return /^[\w./:@%+,=-]+$/.test(value) ? short : JSON.stringify(short);
}

/** Of each flag what services read by it; its description is for people. */
function flagChanges(before: Serving, after: DeploymentPlan): readonly string[] {
  if (before.bakeMs === undefined) return [];
  const [was, is] = [flagsByName(before), flagsByName(after)];
  const names = [...new Set([...was.keys(), ...is.keys()])].sort();
  return names.flatMap((name) => {
    const [from, to] = [was.get(name), is.get(name)];
    return same(read(from), read(to)) ? [] : [`flags.${name}: ${declared(from)} → ${declared(to)}`];
  });
}
const flagsByName = ({ flags = [] }: Pick<Partial<DeploymentPlan>, 'flags'>) =>
  new Map(flags.map((flag) => [flag.name, flag]));
const read = (flag: FlagDeclaration | undefined) => flag && [Object.entries(flag.variants), flag.off];
const declared = (flag: FlagDeclaration | undefined): string =>
  flag === undefined ? 'none' : variantsText(flag);

/** What is not known of before is not said to have changed. */
function settingChanges(before: Serving, after: DeploymentPlan): readonly string[] {
  const was = new Map(settingsOf(before));
  return settingsOf(after).flatMap(([key, is]) => {
    const from = was.get(key);
    return from === undefined || is === undefined || from === is ? [] : [`${key}: ${from} → ${is}`];
  });
}

/** Business metrics come and go by their names. */
function metricChanges({ watch: before }: Serving, { watch: after }: DeploymentPlan): readonly string[] {
  if (before === undefined) return [];
  const [was = {}, is = {}] = [before.triggers.metrics, after.triggers.metrics];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
  return names.flatMap((name) => {
    const [from, to] = [under(was, name), under(is, name)];
    return same(from, to) ? [] : [`triggers.metrics.${name}: ${limited(from)} → ${limited(to)}`];
  });
}

const limited = (metric: MetricTrigger | undefined): string =>
  metric === undefined
    ? 'none'
    : `${limitText(metric)} in ${durationText(metric.windowMs)} of ${cut(metric.query)}`;

type Setting = readonly [key: string, value: string | undefined];

const settingsOf = (of: Serving): readonly Setting[] => [
  ...configured(of.configuration),
  ...moved(of),
  ...watched(of),
];

const configured = ({
  command,
  replicas,
  healthChecks,
  startupTimeoutMs,
}: Configuration): readonly Setting[] => [
  ['command', command.join(' ')],
  ['replicas', String(replicas)],
  ['health_checks.readiness', probeText(healthChecks.readiness)],
  ['health_checks.liveness', probeText(healthChecks.liveness)],
  ['startup_timeout', durationText(startupTimeoutMs)],
];

const probeText = ({ path, periodMs, timeoutMs, initialDelayMs }: Probe): string =>
  `${path} every ${durationText(periodMs)}, ${durationText(timeoutMs)} to answer${initialDelayMs === 0 ? '' : `, after ${durationText(initialDelayMs)}`}`;

function moved(of: Partial<DeploymentPlan>): readonly Setting[] {
  const { provider, router, strategy, bakeMs, smokeTest, userKey, queue, drainTimeoutMs } = of;
  if (bakeMs === undefined) return [];
  return [
    ['provider', provider],
    ['router', router],
    ['listen', portsText(of)],
    ['user_key', JSON.stringify(userKey)],
    ['smoke_test', smokeTest && `${smokeTest.path} → ${String(smokeTest.expectStatus)}`],
    ['strategy', strategy && strategyText(strategy)],
    ['steps', strategy?.kind === 'own' && strategy.steps ? stepsText(strategy.steps) : undefined],
    ['bake', durationText(bakeMs)],
    ['min_bake', queue && durationText(queue.minBakeMs)],
    ['queue', queue?.policy],
    ['during_bake', queue?.duringBake],
    ['rollback_strategy', of.rollback ? `gradual, ${durationText(of.rollback.stepMs)} each` : 'immediate'],
    ['drain_timeout', drainTimeoutMs === undefined ? undefined : durationText(drainTimeoutMs)],
    ['notification_channels', of.notificationChannels?.join(', ') ?? 'none'],
  ];
}

const ANY_PORT = 'any free port';
/** Where it listens: `8080`, `8080 and any free port`. 0 is as good as nothing. */
export const portsText = ({ listen = 0, secondListen }: Partial<DeploymentPlan>): string =>
  [listen, ...(secondListen === undefined ? [] : [secondListen])]
    .map((port) => (port === 0 ? ANY_PORT : String(port)))
    .join(' and ');

function watched({ watch }: Partial<DeploymentPlan>): readonly Setting[] {
  if (watch === undefined) return [];
  return [
    ['monitoring.interval', durationText(watch.intervalMs)],
    ...triggerSettings(watch.triggers),
    ['on_inconclusive', watch.onInconclusive],
    ['on_unavailable', watch.onUnavailable],
    ['step_timeout', durationText(watch.stepTimeoutMs)],
  ];
}

const usageSettings = (of: Pick<Triggers, Resource>): readonly Setting[] =>
  RESOURCES.map((resource) => {
    const trigger = of[resource];
    if (trigger === undefined) return [`triggers.${resource}`, 'none'];
    const limit = resource === 'cpu' ? percentText(trigger.threshold) : sizeText(trigger.threshold);
    return [`triggers.${resource}`, `${limit} for ${durationText(trigger.windowMs)}`];
  });

function triggerSettings({
  errorRate,
  responseTime,
  healthCheckFailures,
  comparison,
  ...usage
}: Triggers): readonly Setting[] {
  const within = (ms: number): string => `in ${durationText(ms)}`;
  const of = (least: number): string => `of at least ${String(least)} requests`;
  return [
    [
      'triggers.error_rate',
      errorRate === undefined
        ? 'none'
        : `${percentText(errorRate.threshold)} ${within(errorRate.windowMs)} ${of(errorRate.minRequests)}`,
    ],
    [
      'triggers.response_time',
      responseTime === undefined
        ? 'none'
        : `p95 ${durationText(responseTime.p95ThresholdMs)} ${within(responseTime.windowMs)} ${of(responseTime.minRequests)}`,
    ],
    [
      'triggers.health_check_failures',
      healthCheckFailures === undefined
        ? 'none'
        : `${String(healthCheckFailures.threshold)} ${within(healthCheckFailures.windowMs)}`,
    ],
    ...usageSettings(usage),
    [
      'triggers.comparison',
      comparison === undefined
        ? 'none'
        : `${percentText(comparison.tolerance)} more than stable, alpha ${percentText(comparison.alpha)}, ${of(comparison.minRequests)}`,
    ],
  ];
}
