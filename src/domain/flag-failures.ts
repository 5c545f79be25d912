import { row, type FailureRow } from './failure-row.js';

/** What is wrong with a wish about a flag. */
export const FLAG_FAILURES = {
  'flag.unknown': row(
    false,
    'no release of the service has declared this flag there',
    'see `shipway flags`; declare it under `flags` in shipway.yaml and ship that',
    3,
  ),
} as const satisfies Record<string, FailureRow>;
