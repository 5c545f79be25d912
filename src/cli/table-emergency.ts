import { ENVIRONMENT, REASON } from './common-options.js';
import { flag, must, text } from './options.js';
import type { CommandSpec } from './table.js';

/** What is typed when users suffer. */
export const EMERGENCY: CommandSpec = {
  name: 'emergency',
  summary: 'take the last change back at once, look at what serves then, and open an incident',
  positionals: [],
  options: {
    environment: must(ENVIRONMENT),
    reason: must(REASON),
    severity: text('SEVERITY', 'critical, error or warning (default critical)'),
    service: text('NAME', 'the service (default: that of the configuration)'),
    detach: flag('print the deployment and return'),
  },
  examples: ['shipway emergency --environment production --reason "checkout fails for everybody"'],
  load: async () => (await import('./emergency.js')).emergency,
};
