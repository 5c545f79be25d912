/** What `import { … } from 'shipway'` gives. */

/** shipway's calls over Temporal; settings as a command finds them. */
export { connect, type ShipwayClient } from './client.js';
export { resolveConnection, type ConnectionSettings } from './connection.js';

/** A service in TypeScript. */
export { defineService, type DefinedService, type ServiceDefinition } from './config/define-service.js';

/** Workers with adapters, stage kinds and strategies of one's own. */
export { runWorker } from './cli/run-worker.js';
export type { Adapters, Extensions } from './domain/adapters.js';
export type { Capability } from './domain/capabilities.js';
export type { Json } from './domain/canonical.js';
export type { StrategyFacts, StrategyFunction, StrategyStep } from './domain/strategy.js';
export type { StageAnswer, StageKind, StageWork } from './domain/own-stage.js';

/** The ports that adapters keep, in the words that they are written in. Everything that goes wrong leaves them as a `ShipwayError`. */
export { ShipwayError } from './errors.js';
export type { FailureType } from './domain/failures.js';
export type {
  HealthReport,
  Instance,
  MetricSource,
  ObservedSlot,
  Provider,
  Router,
  RouterState,
  Split,
} from './domain/ports.js';
export type { Configuration, DeploymentPlan, Probe, Share, UserKey } from './domain/plan.js';
export type { ArtifactRef, Digest, Release } from './domain/release.js';
/** What a provider says of the configuration that instances run with. */
export { digestOf } from './hash.js';
export type { Slot } from './domain/target.js';
export type { TargetRef } from './domain/ids.js';
export type { Counters } from './domain/watching.js';
export type { InstanceUsage, SlotUsage } from './domain/usage.js';
