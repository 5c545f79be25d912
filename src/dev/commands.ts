import { join } from 'node:path';
import { packageRoot } from '../paths.js';

/** How shipway starts its own processes: this Node, the built package, arguments and never a shell. */
export function commandOf(
  what: 'gateway' | 'worker',
  stateDir: string,
): { readonly args: readonly string[] } {
  const root = packageRoot();
  switch (what) {
    case 'gateway':
      return {
        args: [
          join(root, 'dist/src/gateway/main.js'),
          '--state',
          join(stateDir, 'gateway'),
          '--admin-port',
          '0',
        ],
      };
    case 'worker':
      return { args: [join(root, 'bin/shipway.js'), 'worker'] };
  }
}
