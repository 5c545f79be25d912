import type { Logger } from 'pino';
import type { ScanDeps } from '../../activities/run-scan.js';
import type { StageDeps } from '../../activities/run-stage.js';
import { secretlintScanner } from '../adapters/scanners/secretlint.js';
import type { ArtifactStore } from '../domain/ports.js';
import type { Store } from '../domain/store.js';
import type { WorkerSettings } from '../settings.js';
import { directBackend, httpBackend } from '../stage/backend.js';
import { stageUser } from '../stage/user.js';

interface Parts {
  readonly settings: WorkerSettings;
  readonly artifacts: ArtifactStore;
  readonly store: Store | undefined;
  readonly log: Logger;
}

/**
 * A stage worker on its own reports through the API; beside a control role it uses that role's store. Fails with `UsageError` when
 * commands cannot run as the user that was asked for.
 */
export async function stageDeps({ settings, artifacts, store }: Parts): Promise<StageDeps & ScanDeps> {
  const { stageDir, stageUser: named } = settings;
  const user = named === undefined ? undefined : await stageUser(named, stageDir);
  const backend =
    store === undefined
      ? httpBackend({
          apiUrl: settings.apiUrl ?? '',
          ...(settings.apiToken === undefined ? {} : { token: settings.apiToken }),
        })
      : directBackend({ store, artifacts });
  return {
    backend,
    stageDir,
    ...(user === undefined ? {} : { user }),
    hostId: settings.hostId,
    scanner: secretlintScanner(),
  };
}
