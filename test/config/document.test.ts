import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDocument } from '../../src/config/document.js';
import { decoded, readText } from '../../src/config/read-text.js';
import { packageRoot } from '../../src/paths.js';
import { ended } from './command.js';
import { folder } from './texts.js';

const said = (text: string): string[] =>
  parseDocument('f', text).problems.map(
    (p) => `${String(p.line)}:${String(p.column)} ${p.path}: ${p.message}`,
  );

describe('a document', () => {
  test('is plain data with the place of each value', () => {
    const { document, problems } = parseDocument('f', 'a: 1\nb: [x, { c: true }]\nd: |\n  text\ne:\n');
    expect(problems).toEqual([]);
    expect(document?.value).toEqual({ a: 1, b: ['x', { c: true }], d: 'text\n', e: null });
    expect(document?.places.locate(['b', 1, 'c'])).toEqual({ line: 2, column: 13 });
    expect(document?.places.locate(['b', 1, 'c'], 'key')).toEqual({ line: 2, column: 10 });
    expect(document?.places.locate(['b', 1, 'gone'])).toEqual({ line: 2, column: 8 });
    expect(document?.places.locate(['e'])).toEqual({ line: 5, column: 1 });
    expect(document?.places.source(['a'])).toBe('1');
  });

  test.each<[string, string, string[]]>([
    ['a duplicate key', 'a: { b: 1, b: 2 }', ['1:12 a.b: there is another "b" at 1:6']],
    ['a prototype key', '__proto__: { x: 1 }', ['1:1 __proto__: __proto__ cannot be a key']],
    ['a merge key', 'a: { <<: { b: 1 } }', ['1:6 a: a merge key is not taken']],
    ['an anchor on the line above', 'a: &x\n  b: 1', ['1:4 a: an anchor is not taken']],
    ['an alias to nothing', 'a: *x', ['1:4 a: an alias is not taken']],
    ['an alias', 'a: &x 1\nb: *x', ['1:4 a: an anchor is not taken', '2:4 b: an alias is not taken']],
    ['a tag', 'a: !!binary eA==', ['1:4 a: the tag "!!binary" is not taken']],
    ['a directive', '%TAG ! x\n---\na: 1', ['1:1 : a directive is not taken']],
    ['two documents', 'a: 1\n---\nb: 1', ['2:1 : the file holds two documents']],
    ['nothing', '', ['1:1 : the file is empty']],
    ['comments', '# a\n\n# b\n', ['1:1 : the file is empty']],
    ['a tab', 'a:\n\tb: 1', ['2:1 : a tab indents this line']],
    [
      'a key that is indented deeper than the value above it',
      'a: b c\n\n  d e\n  f: g\nh: i: j',
      [
        '4:1 : the line is indented as if it belonged to the value above it',
        '5:4 : there is a second colon in this value',
      ],
    ],
    [
      'keys that are, one below the other',
      '- a: b\n    c: d\n      e: f\n',
      [2, 3].map((l) => `${String(l)}:1 : the line is indented as if it belonged to the value above it`),
    ],
    ['a key and a value with a colon', 'a: b: c\nd: e', ['1:4 : there is a second colon in this value']],
    ['NUL', 'a: x\0y', ['1:4 a: "x\\u0000y" holds a character that is not seen']],
    ['an escape sequence', 'a: "\\e[31m"', ['1:4 a: "\\u001b[31m" holds a character that is not seen']],
    ['a turned direction of reading', 'a: \u202ex', ['1:4 a: "\\u202ex" holds a character that is not seen']],
    ['a number as a key', '1: a', ['1:1 : the key "1" is not a text']],
    ['a list as a key', '? [a]\n: b', ['1:3 : a key is not a text']],
    ['deep brackets', '['.repeat(99), ['1:43 : it is nested deeper than 40']],
    ...['y', 'N', 'yes', 'No', 'on', 'OFF'].map((word): [string, string, string[]] => [
      `YAML 1.1’s ${word}`,
      `a: ${word}`,
      [`1:4 a: ${word} is a text to some readers of YAML and a yes or no to others`],
    ]),
  ])('refuses %s', (_, text, problems) => {
    expect(said(text)).toEqual(problems);
  });

  test.each([
    ['quoted words of YAML 1.1', 'a: "yes"', { a: 'yes' }],
    ['Windows line ends', 'a: 1\r\nb: 2\r\n', { a: 1, b: 2 }],
    ['a document start and end', '---\na: 1\n...\n', { a: 1 }],
    ['tabs inside texts', 'a: "x\ty"', { a: 'x\ty' }],
    ['JSON', '{"a": [1, null]}', { a: [1, null] }],
    [
      'forty levels',
      `${'['.repeat(39)}x${']'.repeat(39)}`,
      JSON.parse(`${'['.repeat(39)}"x"${']'.repeat(39)}`) as unknown,
    ],
  ])('takes %s', (_, text, value) => {
    expect(parseDocument('f', text)).toMatchObject({ problems: [], document: { value } });
  });

  test('an object’s own prototype stays as it was', () => {
    parseDocument('f', '__proto__: { polluted: true }\nconstructor: { prototype: { polluted: true } }');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('bytes', () => {
  const problem = (bytes: readonly number[]): unknown => decoded('f', Uint8Array.from(bytes));
  test.each([
    ['UTF-16', [0xff, 0xfe, 0x61, 0], { line: 1, message: 'the file is UTF-16' }],
    ['UTF-16 the other way round', [0xfe, 0xff, 0, 0x61], { message: 'the file is UTF-16' }],
    ['UTF-16 without its mark', [0x61, 0, 0x3a, 0], { message: 'the file is UTF-16' }],
    ['Latin-1', [0x61, 0x0a, 0x62, 0xe9], { line: 2, column: 2, message: 'this is not UTF-8' }],
    ['a surrogate', [0xed, 0xa0, 0x80], { line: 1, column: 1, message: 'this is not UTF-8' }],
  ])('that are %s are refused', (_, bytes, expected) => {
    expect(problem(bytes)).toMatchObject(expected);
  });
  test('lose their byte order mark', () => {
    expect(problem([0xef, 0xbb, 0xbf, 0x61])).toBe('a');
  });
  test('are as many as 1 MiB', () => {
    expect(decoded('f', Buffer.alloc(1024 ** 2, 'a'))).toHaveLength(1024 ** 2);
    expect(decoded('f', Buffer.alloc(1024 ** 2 + 1, 'a'))).toMatchObject({
      message: 'the file has more than 1 MiB',
    });
  });
});

describe('a file that cannot be read', () => {
  test.each<[string, (path: string) => unknown, string]>([
    ['is not there', () => undefined, 'it is not there'],
    ['is a folder', (path) => mkdir(path), 'it is not a file'],
    ['is a named pipe', (path) => execFileSync('mkfifo', [path]), 'it is not a file'],
    ['is a link to itself', (path) => symlink(path, path), 'it is a link that leads back to itself'],
  ])('because it %s', async (_, make, why) => {
    const path = join(await folder(), 'shipway.yaml');
    await make(path);
    await expect(readText(path)).rejects.toMatchObject({ message: `${path} cannot be read: ${why}` });
  });

  test('because that is not allowed', async () => {
    const home = await folder();
    const path = join(home, 'shipway.yaml');
    await writeFile(path, 'a: 1');
    await chmod(home, 0o755);
    await chmod(path, 0o000);
    const module = join(packageRoot(), 'dist/src/config/read-text.js');
    const script = `import(${JSON.stringify(module)}).then((m) => m.readText(${JSON.stringify(path)})).catch((e) => console.log(e.message, e.next))`;
    // Root may read everything.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    const { stdout } = await ended(process.execPath, ['-e', script], nobody);
    expect(stdout.trim()).toBe(
      `${path} cannot be read: you may not read it give yourself the right to read it`,
    );
  });
});
