import { join } from 'node:path';
import { packageRoot } from '../paths.js';

/** How shipway starts its own processes: arguments for this Node, of the built package, and never a shell. */
export const gatewayArguments = (stateDir: string): readonly string[] => [
  join(packageRoot(), 'dist/src/gateway/main.js'),
  ...['--state', join(stateDir, 'gateway'), '--admin-port', '0'],
];

interface WorkerStart {
  readonly ownDatabase: boolean;
  /** A worker of the user's own, which calls `runWorker`. */
  readonly file?: string | undefined;
}

/** Where nobody else has the database the file in the folder rules, whatever ruled before: who edits it may take the edit back. */
export const workerArguments = ({ ownDatabase, file }: WorkerStart): readonly string[] => [
  ...(file === undefined ? [join(packageRoot(), 'bin/shipway.js'), 'worker'] : [file]),
  ...(ownDatabase ? ['--publish-policy'] : []),
];
