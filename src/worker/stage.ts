import type { Logger } from 'pino';
import type { ScanDeps } from '../../activities/run-scan.js';
import type { OwnDeps } from '../../activities/run-own.js';
import type { LoadDeps } from '../../activities/run-performance.js';
import { secretlintScanner } from '../adapters/scanners/secretlint.js';
import type { Extensions } from '../domain/adapters.js';
import type { ArtifactStore } from '../domain/ports.js';
import type { StageBackend } from '../domain/stage.js';
import type { Store } from '../domain/store.js';
import type { WorkerSettings } from '../settings.js';
import { directBackend, httpBackend } from '../stage/backend.js';
import { stageUser, type StageUser } from '../stage/user.js';

interface Parts {
  readonly settings: WorkerSettings;
  readonly artifacts: ArtifactStore;
  readonly store: Store | undefined;
  readonly user: StageUser | undefined;
  readonly log: Logger;
  readonly extensions: Extensions | undefined;
}

/** Whom users' commands run as, if not the worker's own user. Fails with `UsageError` when that cannot be. */
export const commandUser = async (settings: WorkerSettings): Promise<StageUser | undefined> =>
  settings.stageUser === undefined || !settings.roles.includes('stage')
    ? undefined
    : stageUser(settings.stageUser, settings.stageDir);

/** A stage worker on its own reports through the API; beside a control role it uses that role's store. */
export const stageBackend = ({
  settings,
  artifacts,
  store,
}: Omit<Parts, 'user' | 'extensions'>): StageBackend =>
  store === undefined
    ? httpBackend({
        apiUrl: settings.apiUrl ?? '',
        ...(settings.stageToken === undefined ? {} : { token: settings.stageToken }),
      })
    : directBackend({ store, artifacts });

export function stageDeps({ user, extensions, ...parts }: Parts): ScanDeps & LoadDeps & OwnDeps {
  const { settings, log } = parts;
  const { stageDir, maxArtifactBytes } = settings;
  return {
    backend: stageBackend(parts),
    ...{ stageDir, maxArtifactBytes },
    ...(user === undefined ? {} : { user }),
    hostId: settings.hostId,
    scanner: secretlintScanner(),
    ...(extensions?.stages === undefined ? {} : { kinds: extensions.stages }),
    loadTool: async () => {
      const { loadTool } = await import('../dev/load-tool.js');
      return loadTool((line) => {
        log.info(line);
      });
    },
  };
}
