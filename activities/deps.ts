import type { Client } from '@temporalio/client';
import type { ArtifactStore, MetricSource, Provider, Router, SecretStore } from '../src/domain/ports.js';
import type { Extensions } from '../src/domain/adapters.js';
import type { TargetRef } from '../src/domain/ids.js';
import type { Policy } from '../src/domain/policy.js';
import type { Store } from '../src/domain/store.js';
import type { Delivered } from './deliver.js';

/** Who takes messages to people from the outbox. */
export interface Courier {
  /** There is something to send: it is done beside whatever goes on. */
  readonly kick: () => void;
  /** Sends what is due. */
  readonly deliver: (signal: AbortSignal) => Promise<Delivered>;
  /** Channels of the policy whose credential is not on this worker, a line each; `undefined` when the policy has no channel. */
  readonly missing: () => Promise<readonly string[] | undefined>;
}

/** What activities on the control queue work with. */
export interface ControlDeps {
  readonly store: Store;
  readonly client: Client;
  /** The newest accepted policy. */
  readonly policy: () => Promise<Policy>;
  readonly artifacts: ArtifactStore;
  /** Strategies that users have added to this worker. */
  readonly strategies?: Extensions['strategies'];
  /** Which versions of secrets there are; never asked for a value here. */
  readonly secrets: Pick<SecretStore, 'versions'>;
  /** The hash of this worker's policy file, or what is wrong with it. */
  readonly ownPolicy?: () => Promise<string>;
  /** The host whose provider new targets get. */
  readonly host: string;
  /** Absent: this worker sends no messages. */
  readonly courier?: Courier;
  /** Where stages run beside: told the commit of a run that was taken in, so that its first stage finds it copied. */
  readonly announce?: (commit: string) => void;
}

/** What activities that touch the world work with. */
export interface EffectDeps {
  readonly store: Store;
  readonly provider: Provider;
  readonly router: Router;
  readonly metrics: MetricSource;
  /** What else comes with shipway, by name. */
  readonly shipped?: Shipped;
  /** What users have added to this worker. */
  readonly extensions?: Extensions;
}
export interface Shipped {
  /** Routers of an environment of which the policy says that they are gone for good; never fails. Absent: none are. */
  readonly gone?: (of: Pick<TargetRef, 'environment'>) => Promise<readonly string[]>;
  readonly routers: Readonly<Record<string, Router>>;
  readonly metrics: Readonly<Record<string, MetricSource>>;
}
/** What a worker of a host works with. */
export interface HostDeps extends EffectDeps {
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  /** By name, whether what the policy places on this host or beside it answers, or why not. */
  readonly elsewhere?: (signal: AbortSignal) => Promise<Readonly<Record<string, string>>>;
  /** `answers` where this host's instances look for flags, or why not. */
  readonly flagsServed?: () => Promise<string>;
}
