import type { Logger } from 'pino';
import type { ScanDeps } from '../../activities/run-scan.js';
import type { StageDeps } from '../../activities/stage-job.js';
import { secretlintScanner } from '../adapters/scanners/secretlint.js';
import type { ArtifactStore } from '../domain/ports.js';
import type { Store } from '../domain/store.js';
import type { WorkerSettings } from '../settings.js';
import { exists } from '../folders.js';
import { directBackend, httpBackend } from '../stage/backend.js';
import { behind } from '../stage/behind.js';
import { orderAhead } from '../stage/order-ahead.js';
import { stageUser, type StageUser } from '../stage/user.js';
import { checkoutDir } from '../stage/workspace.js';

interface Parts {
  readonly settings: WorkerSettings;
  readonly artifacts: ArtifactStore;
  readonly store: Store | undefined;
  readonly user: StageUser | undefined;
  readonly log: Logger;
}

/** Whom users' commands run as, if not the worker's own user. Fails with `UsageError` when that cannot be. */
export const commandUser = async (settings: WorkerSettings): Promise<StageUser | undefined> =>
  settings.stageUser === undefined || !settings.roles.includes('stage')
    ? undefined
    : stageUser(settings.stageUser, settings.stageDir);

/** A stage worker on its own reports through the API; beside a control role it uses that role's store. */
export function stageDeps({ settings, artifacts, store, user }: Parts): StageDeps & ScanDeps {
  const { stageDir } = settings;
  const backend =
    store === undefined
      ? httpBackend({
          apiUrl: settings.apiUrl ?? '',
          ...(settings.stageToken === undefined ? {} : { token: settings.stageToken }),
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

/** A commit that was checked out here before is copied for a run's first stage, as soon as the run was taken in. */
export const copiedAhead =
  ({ settings: { stageDir }, log }: Pick<Parts, 'settings' | 'log'>) =>
  (commit: string): void => {
    const copied = async (): Promise<void> => {
      const checkout = checkoutDir(stageDir, commit);
      if (await exists(checkout)) await orderAhead(checkout);
    };
    behind(copied, (err) => {
      log.warn({ err }, 'no copy of the source was made ahead');
    });
  };
