import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { steady } from '../../src/cli/follow.js';
import { columns, jsonText, oneLine, printable, result } from '../../src/cli/output.js';
import { bar, clock, details, instant, lengthOf } from '../../src/cli/render/text.js';
import { visible } from '../../src/cli/render/visible.js';

const AT = Date.parse('2026-01-05T09:00:00Z');
const HASH = '0123456789ab'.padEnd(64, 'c');

describe('pieces of text', () => {
  test.each([
    [-5, '0 s'],
    [1_499, '1 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
  ])('%d ms is %s', (ms, said) => {
    expect(lengthOf(ms)).toBe(said);
  });

  test('a share shows when it is above nothing and leaves a gap below all', () => {
    const filled = (share: number): number => bar(share).replaceAll('░', '').length;
    expect([0, 1, 500, 5_000, 9_999, 10_000].map(filled)).toEqual([0, 1, 1, 10, 19, 20]);
    for (const share of [-1, 0, 20_000]) expect(bar(share)).toHaveLength(20);
  });

  test('instants are UTC and say so', () => {
    expect([clock(AT), instant('2026-01-05T09:00:00.123Z')]).toEqual(['09:00:00Z', '2026-01-05T09:00:00Z']);
  });

  test('facts on one line: without what is empty, hashes short, words with spaces quoted', () => {
    expect(details({ on: HASH, gate: '', reason: 'not now', by: ['approve bob'], n: 0, ok: false })).toBe(
      'on=0123456789ab reason="not now" by=["approve bob"] n=0 ok=false',
    );
    expect(details({ commit: HASH.slice(0, 40) })).toBe(`commit=${HASH.slice(0, 40)}`);
    expect(details({ reason: 'x'.repeat(500) })).toMatch(/^reason=x+…$/);
    expect(details({})).toBe('');
  });

  test('columns are as wide as their widest cell; a cell is one line', () => {
    expect(
      columns([
        ['A', 'LONG', 'C'],
        ['aaa', 'b', 'x\ny'],
        ['', 'b', ''],
      ]),
    ).toEqual(['A    LONG  C', 'aaa  b     x y', '     b']);
  });

  test('a line that only counts on is the same line', () => {
    const same: readonly (readonly [string, string])[] = [
      ['  ▶ test            1 s', '  ▶ test          119 s'],
      ['  shift, next step in 4 s   http://x', '  shift   http://x'],
      ['waiting for approval, for 24 h more: x', 'waiting for approval: x'],
      ['    pass: error rate 0 of 40', '    pass: error rate 0 of 41'],
    ];
    for (const [a, b] of same) expect(steady(a).replace(/ +/g, ' ')).toBe(steady(b).replace(/ +/g, ' '));
    expect(steady('    pass: 1 of 40')).not.toBe(steady('    inconclusive: 1 of 40'));
    expect(steady('  ✓ test  1 s')).not.toBe(steady('  ▶ test  1 s'));
  });
});

describe('text from elsewhere cannot act on a terminal', () => {
  const EVIL = 'a\u001b[2Jb\u0007c\u202ed\u009be';

  test('in a table, a sentence, JSON and logs', () => {
    for (const text of [printable(EVIL), oneLine(EVIL), visible(EVIL), ...columns([[EVIL]])])
      expect(text).toBe('a\uFFFD[2Jb\uFFFDc\uFFFDd\uFFFDe');
    const json = jsonText({ EVIL });
    expect(json).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(JSON.parse(json)).toEqual({ EVIL });
    expect(oneLine(' a\r\nnext: rm\r ')).toBe('a next: rm');
  });

  test('but logs keep lines, tabs and colours', () => {
    expect(visible('\u001b[31mred\u001b[0m\tx\r\nnext\rover')).toBe('\u001b[31mred\u001b[0m\tx\nnext\nover');
  });
});

describe('colours', () => {
  const LINE = ['  ✓ test  1 s', '✗ fail  disk', 'no ✓ mark'];
  const PLAIN = `${LINE.join('\n')}\n`;
  function written(isTTY: boolean, values: Record<string, boolean>, noColor?: string): string {
    const { stdout } = process;
    const before = stdout.isTTY;
    let text = '';
    const write = vi.spyOn(stdout, 'write').mockImplementation((chunk) => (text += String(chunk)) !== '');
    vi.stubEnv('NO_COLOR', noColor);
    stdout.isTTY = isTTY;
    onTestFinished(() => {
      stdout.isTTY = before;
      write.mockRestore();
      vi.unstubAllEnvs();
    });
    result(values, {}, LINE);
    write.mockRestore();
    return text;
  }

  test('only the mark of a line, and only on a terminal', () => {
    expect(written(true, {})).toBe(
      '  \u001b[32m✓\u001b[0m test  1 s\n\u001b[31m✗\u001b[0m fail  disk\nno ✓ mark\n',
    );
    expect(written(false, {})).toBe(PLAIN);
  });

  test('never with --no-color or NO_COLOR', () => {
    expect(written(true, { 'no-color': true })).toBe(PLAIN);
    expect(written(true, {}, '1')).toBe(PLAIN);
    expect(written(true, {}, '')).not.toBe(PLAIN);
  });
});
