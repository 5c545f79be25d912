import type { Logger } from 'pino';
import { secretlintScanner } from '../adapters/scanners/secretlint.js';
import type { ArtifactStore } from '../domain/ports.js';
import type { Store } from '../domain/store.js';
import type { WorkerSettings } from '../settings.js';
import { directBackend, httpBackend } from '../stage/backend.js';

interface Parts {
  readonly settings: WorkerSettings;
  readonly artifacts: ArtifactStore;
  readonly store: Store | undefined;
  readonly log: Logger;
}

/** A stage worker on its own reports through the API; beside a control role it uses that role's store. */
export function stageDeps({ settings, artifacts, store }: Parts) {
  const backend =
    store === undefined
      ? httpBackend({
          apiUrl: settings.apiUrl ?? '',
          ...(settings.apiToken === undefined ? {} : { token: settings.apiToken }),
        })
      : directBackend({ store, artifacts });
  return {
    backend,
    stageDir: `${settings.stateDir}/stages`,
    hostId: settings.hostId,
    scanner: secretlintScanner(),
  };
}
