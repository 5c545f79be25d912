import { unavailable } from './failures.js';
import { askTarget, silent } from './nginx-admin.js';
import { testConfiguration } from './nginx-command.js';
import { loadedFile, revisionOf } from './nginx-config.js';
import { nginxPlace, type NginxAt } from './nginx-place.js';
import { loadServed } from './served-files.js';

/**
 * Whether an nginx answers, and has loaded what shipway has written for it; where that is nothing, whether its configuration can be
 * tested. Changes nothing. Fails with `router.unavailable`, `router.refused`.
 */
export async function lookAtNginx(at: NginxAt, signal: AbortSignal): Promise<void> {
  const served = await loadServed(at.folder);
  if (Object.keys(served.targets).length === 0) return testConfiguration(at, signal);
  const place = await nginxPlace(at);
  const said = await askTarget(place, 'shipway/doctor', signal);
  if (said === undefined) throw silent(place, 'connection refused');
  if (said.revision !== revisionOf(served, place))
    throw unavailable(`nginx runs without what is in ${loadedFile(at.folder)} now: reload it`);
}
