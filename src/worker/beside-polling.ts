import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { EffectDeps } from '../../activities/deps.js';
import type { StageBackend } from '../domain/stage.js';
import type { WorkerSettings } from '../settings.js';
import { settled } from '../stage/behind.js';
import { endOrphans } from './orphans.js';
import { restoreLive } from './restore-live.js';
import { keepSchedules } from './schedules.js';
import { tidyStages } from './tidy-stages.js';

interface Beside {
  readonly settings: Pick<WorkerSettings, 'roles' | 'hostId' | 'stageDir' | 'stateDir' | 'flags'>;
  readonly client: Client;
  readonly log: Logger;
  /** Of a worker with a store. */
  readonly effects: EffectDeps | undefined;
  /** Of a worker that runs stages. */
  readonly backend: Pick<StageBackend, 'retention'> | undefined;
}

/** What goes on beside the polling, begun here: nobody's way back waits for it. Gives what ends it. */
export function besidePolling({ settings, client, log, effects, backend }: Beside): () => Promise<void> {
  const { stageDir, roles, hostId: host } = settings;
  const stopping = new AbortController();
  const { signal } = stopping;
  const going: Promise<void>[] = [];
  if (roles.includes('stage')) going.push(endOrphans({ client, stageDir, log, signal }));
  if (backend !== undefined) going.push(tidyStages({ backend, client, stageDir, log, signal }));
  if (roles.includes('control')) going.push(keepSchedules(client, log));
  if (roles.includes('host') && effects !== undefined) {
    const { flags } = effects.store;
    going.push(restoreLive({ host, effects, log, signal }));
    going.push(import('./flags.js').then(({ serveFlags }) => serveFlags({ settings, flags, log, signal })));
  }
  return async () => {
    stopping.abort();
    await Promise.all(going);
    await settled();
  };
}
