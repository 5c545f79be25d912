import { ENVIRONMENT, REASON } from './common-options.js';
import { must, text } from './options.js';
import type { CommandSpec } from './table.js';

/** What a person may want of a deployment on its way. */
export const STEERING_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'pause',
    summary: 'let a deployment make no step forward until somebody resumes it; it is watched meanwhile',
    positionals: ['RUN|DEPLOYMENT'],
    options: { reason: REASON },
    examples: ['shipway pause v2-k3x9ab --reason "looking at the logs"'],
    load: async () => (await import('./steer.js')).pause,
  },
  {
    name: 'resume',
    summary: 'let a paused deployment go on',
    positionals: ['RUN|DEPLOYMENT'],
    options: { reason: REASON },
    examples: ['shipway resume v2-k3x9ab'],
    load: async () => (await import('./steer.js')).resume,
  },
  {
    name: 'promote',
    summary:
      'send a canary more users now, or turn a flag on for more: all, or a share, which may be a smaller one; have a rolling deployment make no pauses',
    positionals: ['RUN|DEPLOYMENT'],
    options: { to: text('SHARE', 'to this share of the users (default 100%)'), reason: REASON },
    examples: [
      'shipway promote v2-k3x9ab',
      'shipway promote v2-k3x9ab --to 50%',
      'shipway promote v2-k3x9ab --to 5% --reason "the database is busy"',
    ],
    load: async () => (await import('./steer.js')).promote,
  },
  {
    name: 'skip',
    summary: 'end the wait of the present step or bake',
    positionals: ['RUN|DEPLOYMENT'],
    options: { reason: REASON },
    examples: ['shipway skip v2-k3x9ab --reason "seen enough"'],
    load: async () => (await import('./steer.js')).skip,
  },
  {
    name: 'adopt',
    summary: 'record what serves as live, after users were moved by hand or the record was lost',
    positionals: [],
    options: {
      environment: must(ENVIRONMENT),
      reason: must(REASON),
      service: text('NAME', 'the service (default: that of the configuration)'),
    },
    examples: ['shipway adopt --environment production --reason "moved back by hand at night"'],
    load: async () => (await import('./adopt.js')).adopt,
  },
];
