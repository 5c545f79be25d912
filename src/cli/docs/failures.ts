import type { FailureRow } from '../../domain/failure-row.js';
import { FAILURES } from '../../domain/failures.js';

/** docs/failures.md: the failure table. */
export const failuresReference = (): string =>
  [
    '# Failures',
    'Generated from the code. Every failure that shipway foresees has one of these types; a workflow’s failure in Temporal has it as its type, the CLI prints it, and `shipway doctor` and `shipway logs` tell more. *Tried again* means that Temporal repeats the activity by itself until it is well or somebody stops the run, or as often as is said; everything else ends the step. *Exit* is the exit code of a command that ends with it.',
    [
      '| type | meaning | tried again | what to do next | exit |',
      '|---|---|---|---|---|',
      ...Object.entries(FAILURES).map(
        ([type, { meaning, retried, tries, next, exit }]: [string, FailureRow]) =>
          `| \`${type}\` | ${meaning} | ${retried ? (tries === undefined ? 'yes' : `${String(tries)} times in all`) : 'no'} | ${next} | ${String(exit)} |`,
      ),
    ].join('\n'),
  ]
    .join('\n\n')
    .concat('\n');
