// Which tests a run is of.

/** Killing processes at every step takes minutes: who names no tests is not kept waiting for that, and CI is. */
export const withoutFaults = (filters, strict) => filters.length === 0 && !strict;

/** What Vitest is told beside the filters. */
export const FAULTS_LEFT_OUT = '--project=!faults';
