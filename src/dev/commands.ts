import { join } from 'node:path';
import { packageRoot } from '../paths.js';

/** How shipway starts its own processes: arguments for this Node, of the built package, and never a shell. */
export const gatewayArguments = (stateDir: string): readonly string[] => [
  join(packageRoot(), 'dist/src/gateway/main.js'),
  ...['--state', join(stateDir, 'gateway'), '--admin-port', '0'],
];

/** Where nobody else has the database the file in the folder rules, whatever ruled before: who edits it may take the edit back. */
export const workerArguments = ({ ownDatabase }: { readonly ownDatabase: boolean }): readonly string[] => [
  join(packageRoot(), 'bin/shipway.js'),
  'worker',
  ...(ownDatabase ? ['--publish-policy'] : []),
];
