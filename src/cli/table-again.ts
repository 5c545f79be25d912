import { flag } from './options.js';
import type { CommandSpec } from './table.js';

/** What has failed, once more. */
export const AGAIN_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'retry',
    summary: 'the same run once more, without the stages that have passed',
    positionals: ['RUN'],
    options: { detach: flag('print the run and return') },
    examples: ['shipway retry v2-k3x9ab', 'shipway retry v2-k3x9ab --detach --json'],
    load: async () => (await import('./retry.js')).retry,
  },
];
