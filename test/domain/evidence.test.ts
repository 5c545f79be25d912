import { describe, expect, test } from 'vitest';
import {
  judgeCoverage,
  judgeFindings,
  judgeTests,
  lackingEvidence,
  standing,
} from '../../src/domain/evidence.js';
import type { Evidence } from '../../src/domain/release.js';

test.each([
  [{ passed: 412, failed: 0, skipped: 3 }, 'pass', '412 passed, 0 failed, 3 skipped'],
  [{ passed: 1, failed: 0, skipped: 0 }, 'pass', '1 passed, 0 failed'],
  [{ passed: 9, failed: 2, skipped: 0 }, 'fail', '9 passed, 2 failed'],
])('tests %j: %s, %s', (figures, verdict, summary) => {
  expect(judgeTests(figures)).toEqual({ verdict, summary });
});

test.each([
  [{ covered: 874, lines: 1000 }, undefined, 'pass', 'line coverage 87.4 %'],
  [{ covered: 80, lines: 100 }, 8000, 'pass', 'line coverage 80 %, at least 80 %'],
  [{ covered: 79_999, lines: 100_000 }, 8000, 'fail', 'line coverage 79.9 %, less than 80 %'],
  [{ covered: 3, lines: 3 }, 10_000, 'pass', 'line coverage 100 %, at least 100 %'],
  [{ covered: 1, lines: 3 }, 3334, 'fail', 'line coverage 33.3 %, less than 33.34 %'],
])('coverage %j of %s: %s, %s', (figures, minimum, verdict, summary) => {
  expect(judgeCoverage(figures, minimum)).toEqual({ verdict, summary });
});

const findings = (error: number, warning: number, note: number, suppressed = 0) => ({
  ...{ error, warning, note, suppressed },
});
test.each([
  [findings(0, 0, 0), 'note', 'pass', 'no findings'],
  [findings(1, 0, 0), 'error', 'fail', '1 error'],
  [findings(0, 2, 1), 'error', 'pass', '2 warnings, 1 note'],
  [findings(0, 2, 1), 'warning', 'fail', '2 warnings, 1 note'],
  [findings(0, 0, 1), 'warning', 'pass', '1 note'],
  [findings(0, 0, 1), 'note', 'fail', '1 note'],
  [findings(5, 5, 5), 'never', 'pass', '5 errors, 5 warnings, 5 notes'],
  [findings(0, 0, 0, 2), 'note', 'pass', 'no findings, 2 suppressed'],
] as const)('findings %j, fail_on %s: %s, %s', (figures, failOn, verdict, summary) => {
  expect(judgeFindings(figures, failOn)).toEqual({ verdict, summary });
});

const one = (stage: string, kind: Evidence['kind'], verdict?: Evidence['verdict']): Evidence => ({
  ...{ stage, kind, digest: `${stage}${verdict ?? ''}`, summary: `${kind} of ${stage}`, of: 'it' },
  ...(verdict === undefined ? {} : { verdict }),
});

test('of each stage the newest of a kind stands, where it was first found', () => {
  const [old, coverage, scan, anew] = [
    one('test', 'junit', 'fail'),
    one('test', 'coverage', 'pass'),
    one('scan', 'scan', 'pass'),
    one('test', 'junit', 'pass'),
  ];
  expect(standing([old, coverage, scan, anew])).toEqual([coverage, scan, anew]);
});

describe('what a policy requires', () => {
  const both = ['security_scan', 'performance_test'] as const;
  test.each([
    ['nothing of nothing', undefined, [], undefined],
    ['nothing that is there', ['security_scan'], [one('scan', 'scan', 'pass')], undefined],
    ['what is not there', ['security_scan'], [one('test', 'junit', 'pass')], 'it has no security_scan'],
    // A linter's findings are no scan.
    [
      'a scan, for all findings',
      ['security_scan'],
      [one('lint', 'sarif', 'pass')],
      'it has no security_scan',
    ],
    [
      'one that failed',
      ['security_scan'],
      [one('scan', 'scan', 'fail')],
      'its security_scan (scan) did not pass: scan of scan',
    ],
    [
      'one of before verdicts were kept',
      ['security_scan'],
      [one('scan', 'scan')],
      'its security_scan (scan) did not pass: scan of scan',
    ],
    [
      'nothing once it passed',
      ['security_scan'],
      [one('s', 'scan', 'fail'), one('s', 'scan', 'pass')],
      undefined,
    ],
    [
      'one of two that failed',
      ['security_scan'],
      [one('a', 'scan', 'pass'), one('b', 'scan', 'fail')],
      'its security_scan (b) did not pass: scan of b',
    ],
    [
      'one of what it was built from, and not of it',
      ['security_scan'],
      [{ ...one('scan', 'scan', 'pass'), of: 'the source' }],
      'its security_scan (scan) was not of all that is deployed; put it after every stage that leaves artifacts',
    ],
    [
      'one of before it was kept of what it is',
      ['security_scan'],
      [{ kind: 'scan', stage: 'scan', digest: 'd', summary: 's', verdict: 'pass' }],
      'its security_scan (scan) was made by a version that did not keep of what; shipway run --rebuild makes it anew',
    ],
    [
      'nothing when there is one of it beside that',
      ['security_scan'],
      [{ ...one('early', 'scan', 'pass'), of: 'the source' }, one('scan', 'scan', 'pass')],
      undefined,
    ],
    [
      'nothing when a stage of its own kind passed',
      ['own:licences'],
      [{ ...one('who', 'own', 'pass'), uses: 'own:licences' }],
      undefined,
    ],
    [
      'what another kind of one’s own has found',
      ['own:licences'],
      [{ ...one('licences', 'own', 'pass'), uses: 'own:other' }, one('old', 'own', 'pass')],
      'it has no own:licences',
    ],
    [
      'what an own stage found in something else',
      ['own:licences'],
      [{ ...one('who', 'own', 'pass'), uses: 'own:licences', of: 'the source' }],
      'its own:licences (who) was not of all that is deployed; put it after every stage that leaves artifacts',
    ],
    [
      'what did not decide anything',
      both,
      [one('load', 'performance_test', 'inconclusive')],
      'it has no security_scan; its performance_test (load) did not pass: performance_test of load',
    ],
  ] as const)('lacks %s', (_, requires, evidence, lacking) => {
    expect(lackingEvidence(requires, evidence, ({ of }) => of === 'it')).toBe(lacking);
  });
});
