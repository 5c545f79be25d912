import { text } from 'node:stream/consumers';
import type { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import type { CommandStage, Reports } from '../../src/domain/plan.js';
import type { Evidence } from '../../src/domain/release.js';
import { stageLabOfFile } from '../support/stage-lab.js';

const JUNIT = '<testsuite><testcase name="a"/><testcase name="b"/></testsuite>';
const FAILED = '<testsuite><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>';
const { lab, source } = await stageLabOfFile({
  'good.xml': JUNIT,
  'bad.xml': FAILED,
  'empty.xml': '<testsuite/>',
  'cut.xml': '<testsuite><testcase',
  'lcov.info': 'SF:a.js\nLF:10\nLH:8\nend_of_record\n',
  'lint.sarif': JSON.stringify({
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'lint' } }, results: [{ level: 'warning' }] }],
  }),
});

const input = (reports: Reports, stage: Partial<CommandStage> = {}) =>
  lab.input(source, { reports, ...stage });
const contentOf = async ({ digest }: { digest: string }) => text(await lab.artifacts.get(digest));

test('reports become evidence: figures and the files as they were written, by digest; again is the same', async () => {
  const of = input(
    {
      junit: ['good.xml'],
      coverage: { path: 'lcov.info', minimum: 7500 },
      sarif: { paths: ['lint.sarif'], failOn: 'error' },
    },
    { artifacts: ['good.xml'] },
  );
  const { evidence = [], artifacts } = await lab.attempt(of).result;
  expect(evidence.map(({ digest: _, ...e }) => e)).toEqual([
    { kind: 'junit', stage: 'work', verdict: 'pass', summary: '2 passed, 0 failed' },
    { kind: 'coverage', stage: 'work', verdict: 'pass', summary: 'line coverage 80 %, at least 75 %' },
    { kind: 'sarif', stage: 'work', verdict: 'pass', summary: '1 warning' },
  ]);
  expect(artifacts?.stage).toBe('work');
  const kept = JSON.parse(await contentOf(evidence[0] ?? { digest: '' })) as { files: { digest: string }[] };
  expect(kept).toMatchObject({
    ...{ kind: 'junit', stage: 'work', verdict: 'pass' },
    figures: { passed: 2, failed: 0, skipped: 0 },
    files: [{ path: 'good.xml', bytes: JUNIT.length }],
  });
  expect(await contentOf(kept.files[0] ?? { digest: '' })).toBe(JUNIT);
  expect((await lab.attempt(of).result).evidence).toEqual(evidence);
});

test('of a folder all reports count, and what else lies there does not', async () => {
  const script = ['mkdir -p reports/more && cp good.xml reports/ && cp good.xml reports/more/b.xml'];
  const of = input({ junit: ['reports/', 'good.xml'] }, { script: [...script, 'echo no > reports/a.txt'] });
  expect((await lab.attempt(of).result).evidence).toMatchObject([{ summary: '6 passed, 0 failed' }]);
});

const failure = (of: ReturnType<typeof input>): Promise<ApplicationFailure> =>
  lab.attempt(of).result.then(
    () => expect.fail('it passed'),
    (error: unknown) => error as ApplicationFailure,
  );

test.each([
  [{ junit: ['bad.xml'] }, '1 passed, 1 failed'],
  [{ coverage: { path: 'lcov.info', minimum: 8001 } }, 'line coverage 80 %, less than 80.01 %'],
  [{ sarif: { paths: ['lint.sarif'], failOn: 'warning' } }, '1 warning'],
] as const)('%j: a command that ends well does not hide it', async (reports, summary) => {
  const { type, nonRetryable, message, details } = await failure(input(reports));
  expect({ type, nonRetryable, message }).toEqual({
    ...{ type: 'stage.report_failed', nonRetryable: true },
    message: `stage work ended with exit code 0, and its report says: ${summary}`,
  });
  expect((details?.[0] as Evidence[])[0]).toMatchObject({ verdict: 'fail', summary });
});

test('a command that fails tells what its reports say, and fails as itself when there are none', async () => {
  const reports = { junit: ['bad.xml'] };
  const told = await failure(input(reports, { script: ['exit 3'] }));
  expect(told.type).toBe('stage.failed');
  expect(told.message).toContain('exit code 3; 1 passed, 1 failed (output: ');
  expect(told.details?.[0]).toMatchObject([{ kind: 'junit', verdict: 'fail' }]);
  const silent = await failure(input({ junit: ['none.xml'] }, { script: ['exit 3'] }));
  expect(silent).toMatchObject({ type: 'stage.failed', details: undefined });
});

test.each([
  [
    'not there',
    'true',
    ['reports/junit.xml'],
    'missing',
    /did not leave reports\/junit\.xml, which is a report/,
  ],
  ['a folder without any', 'mkdir none', ['none'], 'missing', /did not leave a \.xml file in none/],
  ['without a test', 'true', ['empty.xml'], 'invalid', /^empty\.xml holds no test$/],
  ['cut off', 'true', ['cut.xml'], 'invalid', /^cut\.xml is no XML/],
  ['outside, whatever the plan says', 'true', ['../../../x.xml'], 'invalid', /leads out of the workspace/],
  ['a link that leads out', 'ln -s /etc/passwd out.xml', ['out.xml'], 'invalid', /^out\.xml leads out/],
  ['below a link that leads out', 'ln -s /etc out', ['out/passwd'], 'invalid', /^out\/passwd leads out/],
  ['a link in a folder', 'mkdir in; ln -s /etc/passwd in/p.xml', ['in/'], 'invalid', /^in\/p\.xml leads out/],
  ['links in a circle', 'ln -s a.xml b.xml; ln -s b.xml a.xml', ['a.xml'], 'missing', /did not leave a\.xml/],
  ['a pipe that nobody writes to', 'mkfifo p.xml', ['p.xml'], 'invalid', /^p\.xml is no file$/],
  [
    'of 2 GiB',
    'truncate -s 2G big.xml',
    ['big.xml'],
    'invalid',
    /^big\.xml has 2Gi, a report may have 64Mi$/,
  ],
  [
    'of too many files',
    'mkdir m; for i in $(seq 1001); do : > m/$i.xml; done',
    ['m'],
    'invalid',
    /^1001 report files/,
  ],
] as const)('a report that is %s fails the stage', async (_, line, junit, type, message) => {
  const of = input({ junit }, { script: [line] });
  const failed = await failure(of);
  expect(failed).toMatchObject({ type: `stage.report_${type}`, nonRetryable: true });
  expect(failed.message).toMatch(message);
});

test('a coverage report is one file', async () => {
  const failed = await failure(input({ coverage: { path: 'd' } }, { script: ['mkdir d'] }));
  expect(failed).toMatchObject({ type: 'stage.report_invalid', message: 'd is no file' });
});
