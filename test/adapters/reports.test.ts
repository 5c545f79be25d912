import { describe, expect, test } from 'vitest';
import { readCoverage } from '../../src/adapters/reports/coverage.js';
import { readJunit } from '../../src/adapters/reports/junit.js';
import { readSarif } from '../../src/adapters/reports/sarif.js';

const HEAD = '<?xml version="1.0" encoding="utf-8"?>';
const xml = (text: string): Buffer => Buffer.from(`${HEAD}\n${text}`);
const suite = (cases: string): string => `<testsuite name="s" tests="99" failures="7">${cases}</testsuite>`;

describe('JUnit', () => {
  test.each([
    ['passed', suite('<testcase name="a"/><testcase name="b"></testcase>'), [2, 0, 0]],
    ['failed', suite('<testcase name="a"><failure message="no"/></testcase><testcase/>'), [1, 1, 0]],
    ['in error', suite('<testcase><error>at x</error><system-out/></testcase>'), [0, 1, 0]],
    ['failed, and failed again in its end', suite('<testcase><failure/><error/></testcase>'), [0, 1, 0]],
    ['skipped', suite('<testcase><skipped/></testcase><testcase/>'), [1, 0, 1]],
    ['failed at first only', suite('<testcase><flakyFailure/></testcase>'), [1, 0, 0]],
    [
      'in suites in suites',
      `<testsuites>${suite(suite('<testcase/>'))}${suite('<testcase/>')}</testsuites>`,
      [2, 0, 0],
    ],
    ['a suite that could not begin', suite('<error message="no database"/><testcase/>'), [1, 1, 0]],
    ['with a document type', `<!DOCTYPE testsuite>${suite('<testcase/>')}`, [1, 0, 0]],
    ['with 200 KiB in an attribute', suite(`<testcase n="${'x'.repeat(200 * 1024)}"/>`), [1, 0, 0]],
  ] as const)('%s', async (_, text, [passed, failed, skipped]) => {
    expect(await readJunit(xml(text))).toEqual({ passed, failed, skipped });
  });

  test('in the encoding that it names', async () => {
    const text = `<?xml version="1.0" encoding="ISO-8859-1"?>${suite('<testcase name="gr\u00fcn"/>')}`;
    expect(await readJunit(Buffer.from(text, 'latin1'))).toMatchObject({ passed: 1 });
  });

  const lol = Array.from(
    { length: 9 },
    (_, i) => `<!ENTITY l${String(i + 1)} "${`&l${String(i)};`.repeat(10)}">`,
  );
  test.each([
    ['nothing', Buffer.alloc(0), /^(is no XML|holds no test)/],
    ['no test', xml(suite('')), /^holds no test$/],
    ['another document', xml('<html><body/></html>'), /^is no JUnit report: it begins with <html>$/],
    ['an element that is not closed', xml('<testsuite><testcase></testsuite>'), /^is no XML: .* \(line 2\)$/],
    ['an end in the middle', xml('<testsuite><testcase name="a"'), /^is no XML/],
    ['text', Buffer.from('all is well'), /^is no XML/],
    [
      'bytes that are no text',
      Buffer.concat([xml(''), Buffer.from([0xff, 0xfe, 0x80])]),
      /^is no text in utf-8$/,
    ],
    ['an encoding that there is not', Buffer.from('<?xml version="1.0" encoding="x-mine"?><a/>'), /x-mine$/],
    [
      'entities of its own',
      xml(`<!DOCTYPE t [<!ENTITY l0 "ha">${lol.join('')}]>${suite('<testcase>&l9;</testcase>')}`),
      /^is no XML: Invalid character entity/,
    ],
    [
      'an entity from elsewhere',
      xml(`<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]>${suite('<testcase n="&x;"/>')}`),
      /^is no XML: Invalid character entity/,
    ],
    ['elements without end', xml('<testsuite>'.repeat(100_000)), /^nests deeper than 200 elements$/],
  ])('refuses %s', async (_, content, why) => {
    await expect(readJunit(content)).rejects.toThrow(why);
  });

  test('half a million tests are counted while others have their turn', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const figures = await readJunit(xml(suite('<testcase name="a"/>'.repeat(500_000))));
    clearInterval(timer);
    expect(figures.passed).toBe(500_000);
    expect(turns).toBeGreaterThan(5);
  });
});

describe('coverage', () => {
  test.each([
    [
      'of lcov',
      'TN:\nSF:a.js\nDA:1,1\nLF:10\nLH:8\nend_of_record\nSF:b.js\nLF:2\nLH:0\nend_of_record\n',
      [8, 12],
    ],
    [
      'of Cobertura',
      '<!DOCTYPE coverage SYSTEM "http://cobertura.invalid/x.dtd"><coverage lines-covered="7" lines-valid="9" line-rate="0.1"><packages/></coverage>',
      [7, 9],
    ],
    ['of an old Cobertura', `${HEAD}<coverage line-rate="0.874"></coverage>`, [874_000, 1_000_000]],
  ] as const)('%s', async (_, text, [covered, lines]) => {
    expect(await readCoverage(Buffer.from(text))).toEqual({ covered, lines });
  });

  test.each([
    ['nothing', '', /^is neither/],
    ['an lcov report that broke off', 'SF:a.js\nLF:10\nLH:8\n', /^is neither/],
    ['more lines run than there are', 'SF:a.js\nLF:1\nLH:8\nend_of_record\n', /^is neither/],
    ['no line', 'SF:a.js\nLF:0\nLH:0\nend_of_record\n', /^covers no line$/],
    ['a Clover report', '<coverage generated="1"><project/></coverage>', /^is no Cobertura report/],
    ['a rate above all', '<coverage line-rate="87.4"/>', /^is no Cobertura report/],
    ['a rate that is none', '<coverage line-rate="NaN"/>', /^is no Cobertura report/],
    ['another document', '<report line-rate="0.5"/>', /^is no Cobertura report/],
  ])('refuses %s', async (_, text, why) => {
    await expect(readCoverage(Buffer.from(text))).rejects.toThrow(why);
  });
});

describe('SARIF', () => {
  const driver = {
    name: 'lint',
    rules: [{ id: 'a', defaultConfiguration: { level: 'error' } }, { id: 'b' }],
  };
  const report = (results: unknown): Buffer =>
    Buffer.from(JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver }, results }] }));
  test.each([
    ['nothing found', [], [0, 0, 0, 0]],
    ['results that were not asked for', null, [0, 0, 0, 0]],
    ['levels as they are said', [{ level: 'note' }, { level: 'error' }, { level: 'none' }], [1, 0, 1, 0]],
    ['the level of the rule', [{ ruleId: 'a' }, { ruleIndex: 0 }, { ruleId: 'b' }, {}], [2, 2, 0, 0]],
    ['only what fails', [{ kind: 'pass', ruleId: 'a' }, { kind: 'fail' }], [0, 1, 0, 0]],
    [
      'suppressed',
      [
        { suppressions: [{ kind: 'inSource' }] },
        { suppressions: [{ status: 'rejected' }] },
        { suppressions: [] },
      ],
      [0, 2, 0, 1],
    ],
  ] as const)('%s', (_, results, [error, warning, note, suppressed]) => {
    expect(readSarif(report(results))).toEqual({ error, warning, note, suppressed });
  });

  test.each([
    ['no JSON', Buffer.from('{"version":'), /^is no JSON$/],
    ['another version', Buffer.from('{"version":"2.0.0","runs":[]}'), /^is no SARIF 2\.1\.0: version/],
    ['no run', Buffer.from('{"version":"2.1.0","runs":[]}'), /^holds no run of a tool$/],
    ['an unknown level', report([{ level: 'fatal' }]), /^is no SARIF 2\.1\.0: runs\.0\.results\.0\.level/],
    ['a list', Buffer.from('[]'), /^is no SARIF/],
  ])('refuses %s', (_, content, why) => {
    expect(() => readSarif(content)).toThrow(why);
  });
});
