import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { validate } from '../../src/cli/validate.js';
import { formatProblems, type Problem } from '../../src/config/index.js';
import { packageRoot } from '../../src/paths.js';
import { ended, shipway, type Ended } from './command.js';

// Many processes or many runs: minutes on a machine that does much else.
vi.setConfig({ testTimeout: 240_000 });

/**
 * Files that people get wrong. Beside each `NAME.yaml` stands `NAME.txt`, what `shipway validate -f NAME.yaml` says of it; `npx vitest run
 * test/config/corpus -u` writes it anew, to be read before it is committed.
 */
const CORPUS = join(packageRoot(), 'test/config/corpus');
const names = readdirSync(CORPUS)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length));

/** A second, where a process that does nothing takes 40 ms. */
const FACTOR = 25;
const trivial = async (): Promise<number> => (await ended(process.execPath, ['-e', '0'])).ms;
let bound = 0;

/** Runs `again` until it is quick enough, at most five times; what that is, is measured anew on a machine that has become slower. */
async function withinBounds<Run extends { readonly ms: number }>(again: () => Promise<Run>): Promise<Run> {
  for (let left = 5; ; left--) {
    if (bound === 0) bound = FACTOR * (await trivial());
    const run = await again();
    if (run.ms <= bound) return run;
    if (left === 1) expect(run.ms).toBeLessThanOrEqual(bound);
    bound = 0;
  }
}

/** The command line as a process of its own, for a file it must refuse, and quick enough. */
async function refused(folder: string, name: string, ...more: readonly string[]): Promise<Ended> {
  const run = await withinBounds(() => shipway(folder, ['validate', '-f', name, ...more]));
  expect(run.code).toBe(2);
  return run;
}

/** What the command says, run here: a process takes longer to start than to read a file. */
async function said(folder: string, name: string, json: boolean): Promise<{ out: string; err: string }> {
  const writes = { out: '', err: '' };
  const there = vi.spyOn(process, 'cwd').mockReturnValue(folder);
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => kept('out', text));
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => kept('err', text));
  const kept = (where: 'out' | 'err', text: unknown): true => {
    writes[where] += String(text);
    return true;
  };
  try {
    await withinBounds(async () => {
      Object.assign(writes, { out: '', err: '' });
      const begun = performance.now();
      expect(await validate({ file: name, json, 'no-color': true }, [])).toBe(2);
      return { ms: performance.now() - begun };
    });
    return writes;
  } finally {
    for (const spy of [there, out, err]) spy.mockRestore();
  }
}

/** What is wrong with a file, in words and as JSON, which say the same: each with a place that the file has and with something to try. */
async function problemsOf(
  folder: string,
  name: string,
): Promise<{ text: string; problems: readonly Problem[] }> {
  const { out, err: text } = await said(folder, name, false);
  expect(out).toBe('');
  const json = await said(folder, name, true);
  expect(json.err).toBe('');
  const { problems, ...rest } = JSON.parse(json.out) as { problems: Problem[] };
  expect(rest).toEqual({ schema: 1, ok: false, notes: [] });
  expect(`${formatProblems(problems)}\n`).toBe(text);
  expect(text).not.toMatch(/\n +at |node:internal|\.js:\d+/);
  const lines = readFileSync(join(folder, name), 'utf8').split('\n');
  for (const { file, line, column, suggestion } of problems) {
    expect(file).toBe(name);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
    expect(suggestion).not.toBe('');
  }
  return { text, problems };
}

describe('the corpus', () => {
  test('has many files, and an expectation for each', () => {
    expect(names.length).toBeGreaterThan(100);
    expect(names.filter((name) => !existsSync(join(CORPUS, `${name}.txt`)))).toEqual([]);
    expect(readdirSync(CORPUS).filter((name) => !/^\.gitattributes$|\.(yaml|txt)$/.test(name))).toEqual([]);
  });

  test.each(names)('%s', async (name) => {
    const { text } = await problemsOf(CORPUS, `${name}.yaml`);
    await expect(text).toMatchFileSnapshot(join(CORPUS, `${name}.txt`));
  });

  // What a process adds is the same for every file.
  test.each(names.filter((_, i) => i % 12 === 0))('%s, as a process', async (name) => {
    const { text } = await problemsOf(CORPUS, `${name}.yaml`);
    expect(await refused(CORPUS, `${name}.yaml`)).toMatchObject({ stdout: '', stderr: text });
  });

  test.each(names.filter((_, i) => i % 24 === 0))('%s as JSON', async (name) => {
    const { problems } = await problemsOf(CORPUS, `${name}.yaml`);
    const { stdout, stderr } = await refused(CORPUS, `${name}.yaml`, '--json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ schema: 1, ok: false, problems, notes: [] });
  });
});

describe('files too large to keep', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shipway-large-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const mebibyte = (text: string): string => text.repeat(Math.floor((1024 ** 2 - 100) / text.length));
  const bomb = [
    'a: &a [x]',
    ...'bcdefghij'.split('').map((n, i) => `${n}: &${n} [${`*${'abcdefghi'[i] ?? ''}, `.repeat(9)}]`),
  ];

  test.each<[string, string, string, number]>([
    ['more than 1 MiB', mebibyte('# much\n') + mebibyte('# more\n'), '1:1 the file has more than 1 MiB', 1],
    ['a million short lines', 'a\n'.repeat(1_000_000), '1:1 the file has more than 1 MiB', 1],
    [
      'a million empty lines',
      '\n'.repeat(1_000_000),
      '200002:1 the file has more than 200000 lines and marks',
      1,
    ],
    ['too many values', mebibyte('a: 1\n'), '10001:1 the file has more than 20000 values', 1],
    ['many duplicates', 'a: 1\n'.repeat(9_000), '2:1 a: there is another "a" at 1:1', 100],
    ['nested in brackets', mebibyte('['), '1:43 it is nested deeper than 40', 1],
    ['nested in entries', mebibyte('- '), '1:84 it is nested deeper than 40', 1],
    [
      'nested in indents',
      Array.from({ length: 1_400 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      '42:43 it is nested',
      1,
    ],
    ['one long text', `service: ${mebibyte('a')}`, '1:10 service: "aaaaaaaaaa', 3],
    ['an open quote', `service: "${mebibyte('a')}`, '1:10 this " is never closed', 1],
    ['an alias bomb', bomb.join('\n'), '1:4 a: an anchor is not taken', 100],
    [
      'thousands of environments',
      `service: a\nstages: [deploy]\nenvironments:\n${Array.from({ length: 3_000 }, (_, i) => `  e${String(i)}: {}\n`).join('')}`,
      '4:3 environments: there are more than 100 environments',
      2,
    ],
  ])('%s', async (_, content, said, count) => {
    await writeFile(join(folder, 'large.yaml'), content);
    const { text, problems } = await problemsOf(folder, 'large.yaml');
    expect(await refused(folder, 'large.yaml')).toMatchObject({ stdout: '', stderr: text });
    expect(text).toContain(`large.yaml:${said}`);
    expect(problems).toHaveLength(count);
  });
});
