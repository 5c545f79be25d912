import { OWN } from '../domain/adapters.js';
import { RETURN_STEP_MS } from '../domain/gradual.js';
import type { Json } from '../domain/canonical.js';
import {
  type Configuration,
  type DeploymentPlan,
  type Probe,
  type QueueRules,
  type Strategy,
  type UserKey,
} from '../domain/plan.js';
import type { Triggers } from '../domain/watch-plan.js';
import { comparisonOf } from './comparison.js';
import { usageOf } from './usage.js';
import type { SecretReference } from '../domain/secrets.js';
import type { DeployInput } from './deploy-schema.js';
import { ladderOf, overLadder } from './ladder.js';
import { metricsOf } from './metrics.js';
import { queriesOf } from './queries.js';
import { portsOf, routerOf } from './routers.js';
import { pathIn, type InstanceVariables } from './variables.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const MIN_REQUESTS = 20;

/** An environment's keys over the common ones: mappings are merged, everything else is replaced. A variable's value is one value. */
export function merged(base: DeployInput, override: DeployInput): DeployInput {
  return merge(base, override) as DeployInput;
}

function merge(base: unknown, override: unknown): unknown {
  if (!isMapping(base) || !isMapping(override)) return override;
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(override))
    result[key] = key in base ? (OVER[key] ?? merge)(base[key], value) : value;
  return result;
}
/** A reference to a secret is no mapping to be merged with another. */
const over = (base: unknown, override: unknown): unknown =>
  isMapping(base) && isMapping(override) ? { ...base, ...override } : override;
const ladderOver = (base: unknown, override: unknown): unknown =>
  isMapping(base) && isMapping(override) ? { ...overLadder(base, override), ...override } : override;
const OVER: Readonly<Partial<Record<string, typeof merge>>> = {
  environment: over,
  canary: ladderOver,
  feature_flag: ladderOver,
};
const isMapping = (v: unknown): v is Record<string, unknown> =>
  typeof v === 'object' && v !== null && !Array.isArray(v);

/** Fills in every default. `command` and the other required keys have been checked. */
export function deploymentOf(environment: string, input: DeployInput): DeploymentPlan {
  const doubt = input.low_traffic === true || environment === 'development' ? 'continue' : 'hold';
  const { readiness, liveness } = input.health_checks ?? {};
  const smoke = input.smoke_test;
  return {
    provider: input.provider ?? 'process',
    router: routerOf(input),
    metrics: input.metrics ?? 'gateway',
    configuration: {
      command: input.command ?? [],
      replicas: input.replicas ?? 1,
      ...variablesOf(environment, input.environment ?? {}),
      healthChecks: { readiness: probeOf(readiness, '/ready'), liveness: probeOf(liveness, '/health') },
      startupTimeoutMs: input.startup_timeout ?? MINUTE,
    },
    ...portsOf(input),
    userKey: (input.user_key ?? []).flatMap(userKeyOf),
    smokeTest: {
      path: smoke?.path ?? '/health',
      expectStatus: smoke?.expect_status ?? 200,
      timeoutMs: smoke?.timeout ?? 5 * SECOND,
    },
    strategy: strategyOf(input),
    bakeMs: input.bake ?? 30 * MINUTE,
    queue: queueOf(input),
    watch: {
      ...queriesOf(input.metrics ?? 'gateway', input),
      intervalMs: input.monitoring?.interval ?? 10 * SECOND,
      triggers: allTriggers(input),
      onInconclusive: input.on_inconclusive ?? doubt,
      onUnavailable: input.on_unavailable ?? doubt,
      stepTimeoutMs: input.step_timeout ?? 30 * MINUTE,
    },
    ...(input.rollback_strategy === 'gradual'
      ? { rollback: { stepMs: input.rollback_step ?? RETURN_STEP_MS } }
      : {}),
    drainTimeoutMs: input.drain_timeout ?? 30 * SECOND,
    ...toldBy(input.notification_channels ?? []),
  };
}

/** Nothing of it where none is named: such a plan has the hash that it always had. */
const toldBy = (channels: readonly string[]): Pick<DeploymentPlan, 'notificationChannels'> =>
  channels.length === 0 ? {} : { notificationChannels: [...new Set(channels)] };

/** Plain values, and apart from them where the secret ones are. */
function variablesOf(
  environment: string,
  variables: InstanceVariables,
): Pick<Configuration, 'environment' | 'secrets'> {
  const plain: Record<string, string> = {};
  const secrets: Record<string, SecretReference> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (typeof value === 'string') plain[name] = value;
    else
      secrets[name] = {
        secret: pathIn(environment, value.secret),
        ...(value.version === undefined ? {} : { version: value.version }),
      };
  }
  return { environment: plain, ...(Object.keys(secrets).length === 0 ? {} : { secrets }) };
}

function userKeyOf({ header, cookie }: NonNullable<DeployInput['user_key']>[number]): UserKey[] {
  if (header !== undefined) return [{ header: header.toLowerCase() }];
  return cookie === undefined ? [] : [{ cookie }];
}

const queueOf = (input: DeployInput): QueueRules => ({
  policy: input.queue ?? 'queue',
  duringBake: input.during_bake ?? 'supersede',
  minBakeMs: input.min_bake ?? 10 * MINUTE,
});

function strategyOf(input: DeployInput): Strategy {
  const { strategy, strategy_with: given = {} } = input;
  if (strategy?.startsWith(OWN) === true)
    // Whatever is read from a file is plain data.
    return { kind: 'own', uses: strategy, with: given as Readonly<Record<string, Json>> };
  switch (strategy) {
    case 'canary':
      return { kind: 'canary', ...ladderOf(input.canary) };
    case 'feature_flag':
      return {
        kind: 'feature_flag',
        flag: input.feature_flag?.flag ?? '',
        variant: input.feature_flag?.variant ?? '',
        ...ladderOf(input.feature_flag),
      };
    case 'rolling':
      return rollingOf(input);
    case 'in_place':
      return { kind: 'in_place' };
    default:
      return { kind: 'blue_green' };
  }
}

/** Of two instances one at a time: a batch of both would leave nobody serving. */
const rollingOf = ({ rolling, replicas = 1 }: DeployInput): Strategy => ({
  kind: 'rolling',
  batchSize: rolling?.batch_size ?? (replicas === 2 ? 1 : 2),
  pauseMs: rolling?.pause ?? 30 * SECOND,
  onBadBatch: rolling?.on_bad_batch ?? 'roll_back',
});

const probeOf = (probe: NonNullable<DeployInput['health_checks']>['readiness'], path: string): Probe => ({
  path: probe?.path ?? path,
  periodMs: probe?.period ?? SECOND,
  timeoutMs: probe?.timeout ?? 2 * SECOND,
  initialDelayMs: probe?.initial_delay ?? 0,
});

const allTriggers = (input: DeployInput): Triggers => ({
  ...triggersOf(input.triggers),
  ...usageOf(input.triggers),
  ...comparisonOf(input),
  ...metricsOf(input),
});

/** The triggers that always watch, at the values of the deployment guide, unless they are changed. */
export function triggersOf(
  input: DeployInput['triggers'],
): Required<Pick<Triggers, 'errorRate' | 'responseTime' | 'healthCheckFailures'>> {
  const { error_rate: errors, response_time: latency, health_check_failures: health } = input ?? {};
  return {
    errorRate: {
      threshold: errors?.threshold ?? 500,
      windowMs: errors?.window ?? 5 * MINUTE,
      minRequests: errors?.min_requests ?? MIN_REQUESTS,
    },
    responseTime: {
      p95ThresholdMs: latency?.p95_threshold ?? 2000,
      windowMs: latency?.window ?? 5 * MINUTE,
      minRequests: latency?.min_requests ?? MIN_REQUESTS,
    },
    healthCheckFailures: { threshold: health?.threshold ?? 3, windowMs: health?.window ?? 2 * MINUTE },
  };
}
