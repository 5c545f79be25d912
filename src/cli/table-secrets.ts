import { REASON } from './common-options.js';
import { flag, text } from './options.js';
import type { CommandSpec } from './table.js';

/** What instances are given that no file may hold. */
export const SECRETS_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'secrets',
    summary: 'give a secret a new value, list what there is, or remove it; values are never shown',
    positionals: ['set|list|remove', '[PATH]'],
    options: {
      environment: text('NAME', 'of this environment: the path is NAME/PATH'),
      version: text('N', 'remove: this version only'),
      'in-use': flag('remove: also what a target runs with, and would need to start again'),
      reason: REASON,
    },
    examples: [
      'shipway secrets set database/url --environment production',
      'shipway secrets list --environment production',
      'shipway secrets remove production/database/url --version 1',
    ],
    load: async () => (await import('./secrets.js')).secrets,
  },
];
