import { row, type FailureRow } from './failure-row.js';

/** What is wrong with a wish about a flag. */
export const FLAG_FAILURES = {
  'flag.unknown': row(
    false,
    'no release of the service has declared this flag there',
    'see `shipway flags`; declare it under `flags` in shipway.yaml and ship that',
    3,
  ),
  'flag.on': row(
    false,
    'a release cannot ship dark with a flag that users have already',
    'declare another flag for what is new, ship with another strategy, or turn the flag off with `shipway flag set NAME --off`',
    3,
  ),
  'flag.otherwise': row(
    false,
    'the live release declares the flag otherwise, and that is served until the new one is live: users would not have what is turned on',
    'ship the changed flag with another strategy first, or declare another flag for what is new',
    3,
  ),
} as const satisfies Record<string, FailureRow>;
