import type { Evidence } from '../../domain/release.js';
import { oneLine } from '../output.js';

const MARKS: Readonly<Record<NonNullable<Evidence['verdict']>, string>> = {
  pass: '✓',
  fail: '✗',
  inconclusive: '?',
};

/** What is known of a release, a line each: the stage that found it out, in a column as wide as `width`, and what it says. */
export const evidenceLines = (evidence: readonly Evidence[], width = 0): readonly string[] => {
  const widest = Math.max(width, ...evidence.map(({ stage }) => stage.length + 1));
  return evidence.map(
    ({ stage, summary, verdict }) =>
      `  ${verdict === undefined ? '·' : MARKS[verdict]} ${oneLine(stage).padEnd(widest)} ${oneLine(summary)}`,
  );
};
