import type { TestFigures } from '../../domain/evidence.js';
import { Malformed } from './malformed.js';
import { readXml } from './xml.js';

const ROOTS = ['testsuites', 'testsuite'];
const BAD = ['failure', 'error'];

/**
 * Counts the test cases of a JUnit report themselves, because what writers sum up in attributes differs. What went wrong in a suite outside
 * of its cases is one that failed. Fails with `Malformed`, also for a report without any case.
 */
export async function readJunit(content: Buffer): Promise<TestFigures> {
  let [cases, failed, skipped] = [0, 0, 0];
  let state: 'passed' | 'failed' | 'skipped' = 'passed';
  const settle = (): void => {
    if (state === 'failed') failed += 1;
    if (state === 'skipped') skipped += 1;
    state = 'passed';
  };
  await readXml(content, {
    open: ({ name }, parents) => {
      const parent = parents.at(-1);
      if (parent === undefined && !ROOTS.includes(name))
        throw new Malformed(`is no JUnit report: it begins with <${name.slice(0, 40)}>`);
      if (name === 'testcase') {
        settle();
        cases += 1;
      } else if (parent === 'testcase') {
        if (BAD.includes(name)) state = 'failed';
        else if (name === 'skipped' && state === 'passed') state = 'skipped';
      } else if (parent === 'testsuite' && BAD.includes(name)) {
        cases += 1;
        failed += 1;
      }
    },
  });
  settle();
  if (cases === 0) throw new Malformed('holds no test');
  return { passed: cases - failed - skipped, failed, skipped };
}
