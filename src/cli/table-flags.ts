import { ENVIRONMENT, REASON } from './common-options.js';
import { flag, must, text } from './options.js';
import type { CommandSpec } from './table.js';

/** What is turned on for some users, without a deployment. */
export const FLAG_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'flags',
    summary: 'feature flags: their variants, and who has which where',
    positionals: [],
    options: {
      environment: text('NAME', 'in this environment only'),
      service: text('NAME', 'of this service only'),
    },
    examples: ['shipway flags', 'shipway flags --environment production --json'],
    load: async () => (await import('./flags.js')).flags,
  },
  {
    name: 'flag',
    summary: 'set who has a feature flag from now on: what is not said any more is over',
    positionals: ['set', 'NAME'],
    options: {
      environment: must(ENVIRONMENT),
      percentage: text('SHARE', 'this share of the users, or of several variants: urgent=20%,calm=5%'),
      user: text('USERS', 'these users, whatever the share'),
      group: text('GROUPS', 'users of these groups, whatever the share'),
      variant: text('NAME', 'the variant that they have (default: the only one beside its default)'),
      on: flag('everybody'),
      off: flag('nobody'),
      service: text('NAME', 'the service (default: that of the configuration)'),
      reason: REASON,
    },
    examples: [
      'shipway flag set checkout --environment production --percentage 20%',
      'shipway flag set checkout --environment production --user ann,bob --group staff',
      'shipway flag set checkout --environment production --off --reason "carts are lost"',
    ],
    load: async () => (await import('./flag.js')).flag,
  },
];
