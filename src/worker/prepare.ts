import type { Client, Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import type { ArtifactStore, SecretVault } from '../domain/ports.js';
import type { Store } from '../domain/store.js';
import type { WorkerSettings } from '../settings.js';
import { acceptPolicy } from './policy.js';
import { registerSearchAttributes } from './search-attributes.js';
import { serve } from './serve.js';

export interface Preparing {
  readonly settings: WorkerSettings;
  readonly log: Logger;
  readonly client: Client;
  readonly namespace: string;
  readonly artifacts: ArtifactStore;
  readonly secrets: SecretVault;
  readonly store: Store;
}

/** What only workers with a store do: the policy, the search attributes, the API. */
export async function prepare(parts: Preparing): ReturnType<typeof serve> {
  const { settings, client, namespace, store, log } = parts;
  const policy = await acceptPolicy(store, settings, log);
  await registerSearchAttributes(client.connection as Connection, namespace, settings);
  return serve({ ...parts, policy });
}
