import type { SarifLevel } from './plan.js';
import { isRequired, type RequiredEvidence } from './policy.js';
import type { Evidence } from './release.js';

/** What is said of a report or a measurement. */
export interface Judged {
  readonly verdict: NonNullable<Evidence['verdict']>;
  readonly summary: string;
}

export interface TestFigures {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}
export interface CoverageFigures {
  readonly covered: number;
  readonly lines: number;
}
export type FindingFigures = Readonly<Record<SarifLevel | 'suppressed', number>>;

export const judgeTests = ({ passed, failed, skipped }: TestFigures): Judged => ({
  verdict: failed === 0 ? 'pass' : 'fail',
  summary: `${String(passed)} passed, ${String(failed)} failed${skipped === 0 ? '' : `, ${String(skipped)} skipped`}`,
});

/** `minimum` in basis points. What is shown is rounded down: what is too little does not look like enough. */
export function judgeCoverage({ covered, lines }: CoverageFigures, minimum: number | undefined): Judged {
  const enough = minimum === undefined || covered * 10_000 >= minimum * lines;
  const share = String(Math.floor((covered * 1_000) / lines) / 10);
  const asked =
    minimum === undefined ? '' : `, ${enough ? 'at least' : 'less than'} ${String(minimum / 100)} %`;
  return { verdict: enough ? 'pass' : 'fail', summary: `line coverage ${share} %${asked}` };
}

/** From the worst on. */
export const SARIF_LEVELS = ['error', 'warning', 'note'] as const satisfies readonly SarifLevel[];

export function judgeFindings(figures: FindingFigures, failOn: SarifLevel | 'never'): Judged {
  const bad = failOn === 'never' ? [] : SARIF_LEVELS.slice(0, SARIF_LEVELS.indexOf(failOn) + 1);
  const told = SARIF_LEVELS.filter((level) => figures[level] > 0).map((level) =>
    counted(figures[level], level),
  );
  const suppressed = figures.suppressed === 0 ? [] : [`${String(figures.suppressed)} suppressed`];
  return {
    verdict: bad.some((level) => figures[level] > 0) ? 'fail' : 'pass',
    summary: [...(told.length === 0 ? ['no findings'] : told), ...suppressed].join(', '),
  };
}

const counted = (n: number, what: string): string => `${String(n)} ${what}${n === 1 ? '' : 's'}`;

/** Of each stage the newest of a kind (given oldest first): what was found again stands for what was found before. */
export function standing(evidence: readonly Evidence[]): readonly Evidence[] {
  const last = (e: Evidence): number =>
    evidence.findLastIndex((o) => o.stage === e.stage && o.kind === e.kind);
  return evidence.filter((e, i) => last(e) === i);
}

/**
 * What a release lacks of the evidence that a policy requires, in words; `undefined` when it lacks nothing. What was found in something
 * else than what is deployed (`isOfIt`), as before it was built, counts only where it did not pass.
 */
export function lackingEvidence(
  requires: readonly RequiredEvidence[] | undefined,
  evidence: readonly Evidence[],
  isOfIt: (one: Evidence) => boolean,
): string | undefined {
  const lacking = (requires ?? []).flatMap((required) => {
    const there = standing(evidence).filter((one) => isRequired(required, one));
    const bad = there.find(({ verdict }) => verdict !== 'pass');
    if (bad !== undefined) return [`its ${required} (${bad.stage}) did not pass: ${bad.summary}`];
    if (there.some(isOfIt)) return [];
    const [other] = there;
    return [
      other === undefined
        ? `it has no ${required}`
        : other.of === undefined
          ? `its ${required} (${other.stage}) was made by a version that did not keep of what; shipway run --rebuild makes it anew`
          : `its ${required} (${other.stage}) was not of all that is deployed; put it after every stage that leaves artifacts`,
    ];
  });
  return lacking.length === 0 ? undefined : lacking.join('; ');
}
