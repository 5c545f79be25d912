import { DAYS, ENVIRONMENT } from './common-options.js';
import { flag, text } from './options.js';
import { REPLAY_METRICS } from './table-report.js';
import type { CommandSpec } from './table.js';

/** What is there and what has happened: they change nothing. */
export const LOOKING_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'status',
    summary: 'what a run or deployment has done, does and waits for; answers also when no worker lives',
    positionals: ['[RUN|DEPLOYMENT]'],
    options: {},
    examples: [
      'shipway status',
      'shipway status v2-k3x9ab',
      'shipway status storefront/v2-k3x9ab --json',
      'shipway status deployment/storefront/production/2',
    ],
    load: async () => (await import('./status.js')).status,
  },
  {
    name: 'list',
    summary: 'runs, newest first',
    positionals: [],
    options: {
      service: text('NAME', 'of this service only'),
      environment: text('NAME', 'in this environment only'),
      limit: text('N', 'at most so many (default 20)'),
    },
    examples: ['shipway list', 'shipway list --service storefront --limit 5'],
    load: async () => (await import('./list.js')).list,
  },
  {
    name: 'watch',
    summary: 'follow a run or deployment until its outcome, with what is measured of it',
    positionals: ['[RUN|DEPLOYMENT]'],
    options: { changes: flag('with --json: an object for each change, on a line of its own, to the end') },
    examples: ['shipway watch', 'shipway watch v2-k3x9ab', 'shipway watch v2-k3x9ab --json --changes'],
    load: async () => (await import('./watch.js')).watch,
  },
  {
    name: 'logs',
    summary: 'what a run’s stages said',
    positionals: ['RUN'],
    options: {
      stage: text('NAME', 'of this stage only'),
      follow: flag('go on as more comes, until the run ends'),
    },
    examples: ['shipway logs v2-k3x9ab --stage test', 'shipway logs v2-k3x9ab --follow'],
    load: async () => (await import('./logs.js')).logs,
  },
  {
    name: 'history',
    summary: 'deployments and how they ended',
    positionals: [],
    options: {
      environment: text('NAME', 'in this environment only'),
      service: text('NAME', 'of this service only'),
      days: DAYS,
    },
    examples: ['shipway history', 'shipway history --environment production --days 7 --json'],
    load: async () => (await import('./history.js')).history,
  },
  {
    name: 'releases',
    summary: 'what was built, what is known of it, and where it is live',
    positionals: [],
    options: { service: text('NAME', 'of this service (default: that of the configuration)') },
    examples: ['shipway releases', 'shipway releases --service storefront --json'],
    load: async () => (await import('./releases.js')).releases,
  },
  {
    name: 'audit',
    summary: 'who did what and when; with --verify, whether the record is whole',
    positionals: [],
    options: {
      environment: ENVIRONMENT,
      service: text('NAME', 'of this service only'),
      days: DAYS,
      verify: flag('recompute the whole chain'),
    },
    examples: ['shipway audit --environment production', 'shipway audit --verify'],
    load: async () => (await import('./audit.js')).audit,
  },
  REPLAY_METRICS,
  {
    name: 'ui',
    summary: 'the address of Temporal’s UI, or of a run or deployment in it',
    positionals: ['[RUN|DEPLOYMENT]'],
    options: {},
    examples: ['shipway ui', 'shipway ui v2-k3x9ab'],
    load: async () => (await import('./ui.js')).ui,
  },
];
