import { join } from 'node:path';
import type { ControlDeps } from '../../activities/deps.js';
import { createTriggerActivities, createWaitingActivities } from '../../activities/index.js';
import type { TriggerDeps } from '../../activities/triggers.js';
import { githubStatuses } from '../adapters/statuses/github.js';
import { gitlabStatuses } from '../adapters/statuses/gitlab.js';
import type { ArtifactStore, StatusBoard } from '../domain/ports.js';
import type { HookProvider, Repository } from '../domain/trigger.js';
import type { WorkerSettings } from '../settings.js';
import { credential } from './credential.js';
import { sourcesOf } from './sources.js';

interface Parts {
  readonly settings: WorkerSettings;
  readonly namespace: string;
  readonly artifacts: ArtifactStore;
}
const BOARDS: Readonly<
  Record<HookProvider, (place: { readonly api: string; readonly token: string }) => StatusBoard>
> = { github: githubStatuses, gitlab: gitlabStatuses };

/** What a worker of role `watch` does. */
export const waitingActivities = (parts: Parts, deps: ControlDeps) => ({
  ...createWaitingActivities(deps),
  ...createTriggerActivities(triggerDeps(parts, deps)),
});

/** What triggers work with on this worker. Its credentials are read when they are needed. */
function triggerDeps(
  { settings, namespace, artifacts }: Parts,
  { store, client, policy }: ControlDeps,
  env = process.env,
): TriggerDeps {
  const { stateDir, maxArtifactBytes: mostBytes, apiUrl, apiHost, apiPort, uiUrl } = settings;
  return {
    ...{ store, client, policy },
    sources: sourcesOf({
      fetching: { folder: join(stateDir, 'triggers'), env, mostBytes },
      store,
      artifacts,
    }),
    statuses: async ({ provider, status }: Repository) =>
      provider === undefined || status === undefined
        ? undefined
        : BOARDS[provider]({ api: status.api, token: await credential(status.token, env) }),
    links: {
      namespace,
      apiUrl: apiUrl ?? `http://${apiHost}:${String(apiPort)}`,
      ...(uiUrl === undefined ? {} : { uiUrl }),
    },
  };
}
