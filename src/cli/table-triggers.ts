import { text } from './options.js';
import type { CommandSpec } from './table.js';

/** What starts runs while nobody sits at a terminal. */
export const TRIGGER_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'schedule',
    summary: 'runs by the clock: add, list, pause, resume, remove, or now',
    positionals: ['ACTION', '[NAME]'],
    options: {
      cron: text('EXPRESSION', 'add: minute, hour, day, month and day of the week'),
      timezone: text('ZONE', 'add: the time zone of that (default UTC)'),
      branch: text('NAME', 'add: what is shipped is the newest commit of this branch (default main)'),
      environment: text(
        'NAME',
        'add: to this environment only (default: those that the stage `deploy` names)',
      ),
      service: text('NAME', 'the service (default: that of the configuration)'),
      reason: text('TEXT', 'pause, resume: why; it stands beside the schedule'),
    },
    examples: [
      'shipway schedule add nightly --cron "0 3 * * 1-5" --timezone Europe/Berlin --environment production',
      'shipway schedule list',
      'shipway schedule pause nightly --reason "nothing before the fair is over"',
      'shipway schedule resume nightly',
      'shipway schedule now nightly',
      'shipway schedule remove nightly',
    ],
    load: async () => (await import('./schedule.js')).schedule,
  },
];
