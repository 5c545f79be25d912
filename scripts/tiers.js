// Which tests a run is of.
import { availableParallelism } from 'node:os';

/** Killing processes at every step takes minutes: who names no tests is not kept waiting for that, and CI is. */
export const withoutFaults = (filters, strict) => filters.length === 0 && !strict;

/** What Vitest is told beside the filters: without them more files may run at once than `vitest.config.ts` says. */
export const FAULTS_LEFT_OUT = ['--project=!faults', `--maxWorkers=${String(2 * availableParallelism())}`];
