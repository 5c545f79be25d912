// What a test run ends with, from Vitest's JSON report: the counts on a line of their own, and whether the run is good.

/**
 * `code` is Vitest's own exit code; `report` is undefined when it wrote none. A file that could not be loaded counts as one failure,
 * and so does a run that failed without any failed test (an error outside of all tests). No test at all is a failure; with `strict`
 * so is a skipped one.
 */
export function closing(code, report, strict) {
  const {
    numPassedTests: passed = 0,
    numPendingTests = 0,
    numTodoTests = 0,
    numFailedTests = 0,
  } = report ?? {};
  const skipped = numPendingTests + numTodoTests;
  const unloaded = (report?.testResults ?? []).filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  const failed = Math.max(numFailedTests + unloaded.length, code === 0 ? 0 : 1);
  const complaints = [
    ...(passed + failed === 0 ? ['no test ran'] : []),
    ...(strict && skipped > 0 ? ['tests were skipped, which CI does not allow'] : []),
  ];
  return {
    line: `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    complaints,
    code: failed > 0 || complaints.length > 0 ? 1 : 0,
  };
}
