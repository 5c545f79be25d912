import type { ShipwayError } from '../../errors.js';
import { unavailable } from './failures.js';
import { askMaster, askWorker, processes } from './haproxy-cli.js';
import { REVISION, loadedFile } from './haproxy-config.js';
import type { HaproxyAt } from './haproxy-converge.js';
import { revisionIn } from './haproxy-runtime.js';
import { textOf } from './served-files.js';

/**
 * Whether an HAProxy answers, and has loaded what shipway has written for it, where there is any. Changes nothing. Fails with
 * `router.unavailable`.
 */
export async function lookAtHaproxy({ socket, folder }: HaproxyAt, signal: AbortSignal): Promise<void> {
  const ask = askMaster(socket, signal);
  const { current } = await processes(ask, signal);
  const revision = await revisionIn(askWorker(ask, current));
  const text = await textOf(loadedFile(folder));
  if (text === undefined) return;
  if (revision === undefined || !text.includes(`setenv ${REVISION} ${revision}\n`)) throw notLoaded(folder);
}

export const notLoaded = (folder: string): ShipwayError =>
  unavailable(`HAProxy runs without ${loadedFile(folder)}: start it with \`-f ${folder}\``);
