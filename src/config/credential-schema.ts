import { z } from 'zod';
import { wrong, type About } from './fields.js';

const EXAMPLES = { TRIGGER: 'SHIPWAY_TRIGGER_HOOK_SECRET', METRICS: 'SHIPWAY_METRICS_TOKEN' } as const;

/** A worker's own credential: never itself, always where it is. The names are confined, so that nothing else of a worker can be named. */
export const credential = (use: 'TRIGGER' | 'METRICS', about: About) =>
  z
    .string()
    .regex(new RegExp(`^(?:SHIPWAY_${use}_[A-Z0-9_]{1,80}|/[^\\0\\s]{1,500})$`), {
      // Whoever has put the secret itself here is not to find it in a log.
      error: () =>
        wrong(
          `it is no name of a variable SHIPWAY_${use}_… and no absolute path of a file`,
          `${EXAMPLES[use]}, with the secret in that variable of the workers`,
        ),
    })
    .meta({ ...about, form: 'variable or path' });
