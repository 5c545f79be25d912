import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/table.js';
import { packageRoot, packageVersion } from '../../src/paths.js';
import { jsonOf, shipway, transcript } from '../support/command-line.js';
import { golden } from '../support/golden.js';

let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'shipway-usage-'));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

/** Each line with what came of it, four at a time. */
async function typed(lines: readonly (readonly string[])[]): Promise<string> {
  const said: string[] = [];
  const rest = [...lines.entries()];
  const one = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      const [i, args] = next;
      const shown = ['shipway', ...args.map((a) => (/^[\w./=-]+$/.test(a) ? a : JSON.stringify(a)))];
      said[i] = `$ ${shown.join(' ')}\n${transcript(await shipway(args, { cwd }))}`;
    }
  };
  await Promise.all([one(), one(), one(), one()]);
  return said.join('\n');
}

describe('help', () => {
  test('the first screen, on stdout when asked for, on stderr with exit code 2 when a command is missing', async () => {
    const [asked, short, word, json, none] = await Promise.all(
      [['--help'], ['-h'], ['help'], ['help', '--json'], []].map((args) => shipway(args, { cwd })),
    );
    await expect(transcript(asked!)).toMatchFileSnapshot(golden('help'));
    expect([short, word, json]).toEqual([asked, asked, asked]);
    expect(none).toEqual({ code: 2, stdout: '', stderr: asked!.stdout });
  });

  test('of every command, by --help and by help', async () => {
    const lines = COMMANDS.map(({ name }) => [name, '--help']);
    await expect(await typed(lines)).toMatchFileSnapshot(golden('help-commands'));
    const ways = [
      ['help', 'run'],
      ['run', '-h'],
      ['run', '--help', '--environment', 'x'],
    ];
    const [first, ...others] = await Promise.all(ways.map((args) => shipway(args, { cwd })));
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(others).toEqual([first, first]);
  });

  test('--version is that of the package', async () => {
    expect(await shipway(['--version'])).toEqual({ code: 0, stdout: `${packageVersion()}\n`, stderr: '' });
  });
});

/** Wrong in itself: found without a server and without a configuration. */
const WRONG: readonly (readonly string[])[] = [
  ['frobnicate'],
  ['runn'],
  ['help', 'stats'],
  ['run', '--enviroment', 'staging'],
  ['run', '-e', 'staging'],
  ['run'],
  ['run', '--environment'],
  ['run', '--environment', '--detach'],
  ['run', '--environment', ''],
  ['run', '--environment', 'staging', '--environment', 'production'],
  ['run', '--environment', 'staging', '--as', ''],
  ['list', '--json=yes'],
  ['list', '--limit', 'ten'],
  ['list', '--limit', '1001'],
  ['list', '--service', 'Lamp'],
  ['status', 'a', 'b'],
  ['watch', '--changes'],
  ['choose'],
  ['choose', '--traffic', 'huge'],
  ['choose', '--zero-downtime', 'yes'],
  ['approve'],
  ['history', '--days', '0'],
  ['audit', '--days', '0'],
  ['audit', '--days', '-1'],
  ['audit', '--days=-1'],
  ['audit', '--days', '1e3'],
  ['list', '--limit', '0'],
  ['audit', '--environment', '../x'],
  ['audit', '--verify', '--service', 'shop'],
  ['audit', '--verify', '--days', '3'],
  ['rollback', '--reason', 'slow'],
  ['rollback', '--environment', 'production'],
  ['rollback', '--environment', 'production', '--reason', 'slow'],
  ['rollback', '--environment', 'production', '--reason', 'slow', '--service', 'lamp', '--to', '../x'],
  ['schedule'],
  ['schedule', 'start', 'nightly'],
  ['schedule', 'list', 'nightly'],
  ['schedule', 'add', '--cron', '0 3 * * *'],
  ['schedule', 'add', 'Nightly', '--cron', '0 3 * * *'],
  ['schedule', 'add', 'nightly'],
  ['schedule', 'add', 'nightly', '--cron', '0 3 * * *', '--branch', '--all'],
  ['schedule', 'add', 'nightly', '--cron', '0 3 * * *', '--branch=-x'],
  ['schedule', 'add', 'nightly', '--cron', '0 3 * * *', '--branch', 'refs/heads/main'],
  ['schedule', 'remove', 'nightly', '--cron', '0 3 * * *'],
  ['schedule', 'pause', 'nightly'],
  ['worker', '--role', 'everything'],
  ['worker'],
  ['init', '--example', 'storefrnt'],
  ['demo', '--example', 'storefrnt'],
  ['validate'],
  ['validate', '-f', 'absent.yaml'],
  ['validate', '-f', ''],
  ['init', ''],
  ['plan', '--environment', 'staging'],
  ['dev'],
  ['status'],
  ['ui'],
];

describe('wrong usage', () => {
  test('says what, and what to try, on stderr, with exit code 2', async () => {
    const said = await typed(WRONG);
    await expect(said).toMatchFileSnapshot(golden('wrong-usage'));
    const codes = said.split('\n').filter((line) => line.startsWith('exit '));
    expect(codes).toEqual(WRONG.map(() => 'exit 2'));
    expect(said).not.toMatch(/^out:|^err: +at |node:internal/m);
  });

  test.each([
    [['frobnicate', '--json']],
    [['help', 'nope', '--json']],
    [['help', '--json', 'nope']],
    [['audit', '--days', '0', '--json']],
    [['--json', 'run']],
    [['run', '--environment', '--json']],
    [['run', '--enviroment', 'x', '--json']],
    [['run', '--json']],
    [['status', '--json']],
    [['plan', '--environment', 'staging', '--json']],
  ])('%j is one JSON object too', async (args) => {
    const said = await shipway(args, { cwd });
    const { error, ...rest } = jsonOf(said);
    expect(rest).toEqual({ schema: 1 });
    const { message, next, ...more } = error as { message: string; next: string };
    expect(more).toEqual({ exit: 2 });
    expect(said).toMatchObject({ code: 2, stderr: `shipway: ${message}\nnext: ${next}\n` });
  });

  test('a stack is shown only with DEBUG', async () => {
    const [without, withDebug] = await Promise.all([
      shipway(['validate'], { cwd }),
      shipway(['validate'], { cwd, env: { DEBUG: '1' } }),
    ]);
    expect(without.stderr).not.toMatch(/^ +at /m);
    expect(withDebug.stderr).toMatch(/^ +at configurationFile/m);
    expect(withDebug.code).toBe(2);
  });
});

test('a reader that stops reading, as head does, gets no complaint', async () => {
  const bin = join(packageRoot(), 'bin/shipway.js');
  const script = '{ "$0" "$1" help; echo "exit $?" >&2; } | true';
  const child = spawn('sh', ['-c', script, process.execPath, bin], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await new Promise((r) => child.once('close', r));
  expect(stderr).toBe('exit 141\n');
});

describe('init and validate', () => {
  test('the starter is written, never over what is there, and is valid', async () => {
    const folder = join(cwd, 'starter');
    const made = await shipway(['init', 'starter', '--json'], { cwd });
    const files = ['shipway.yaml', 'shipway.policy.yaml'];
    expect(jsonOf(made)).toEqual({ schema: 1, directory: folder, files });
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const valid = await shipway(['validate'], { cwd: folder });
    expect(valid).toEqual({
      code: 0,
      stdout: 'shipway.yaml is valid\nshipway.policy.yaml is valid\n',
      stderr: '',
    });
    const again = await shipway(['init', 'starter'], { cwd });
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toContain('shipway.yaml is there already');
  });

  test.each([
    ['a file', 'taken', 'is a file'],
    ['below a file', 'taken/deeper', 'is a file'],
    ['of a name that is too long', 'x'.repeat(300), 'its name is too long'],
  ])('a place that cannot be used is said to be that: %s', async (_, place, why) => {
    await writeFile(join(cwd, 'taken'), '');
    const said = await shipway(['init', place], { cwd });
    expect(said).toMatchObject({ code: 2, stdout: '' });
    expect(said.stderr).toContain(why);
    expect(said.stderr).toContain('next: name another folder');
  });

  test('dev says what is wrong with its policy before it starts anything', async () => {
    const folder = join(cwd, 'policy');
    await shipway(['init', 'policy'], { cwd });
    await writeFile(join(folder, 'shipway.policy.yaml'), 'environments: { staging: { identity: x } }\n');
    const wrong = await shipway(['dev'], { cwd: folder });
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('environments.staging.identity: ');
    await rm(join(folder, 'shipway.policy.yaml'));
    const none = await shipway(['dev'], { cwd: folder });
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toContain('shipway init');
    expect((await readdir(folder)).sort()).toEqual(['shipway.yaml']);
  });

  test('a policy under a name that nobody reads is not taken for none', async () => {
    const folder = join(cwd, 'yml');
    await shipway(['init', 'yml'], { cwd });
    await rename(join(folder, 'shipway.policy.yaml'), join(folder, 'shipway.policy.yml'));
    for (const command of ['validate', 'dev']) {
      const said = await shipway([command], { cwd: folder });
      expect(said).toMatchObject({ code: 2, stdout: '' });
      expect(said.stderr).toBe(
        'shipway: nothing reads shipway.policy.yml\nnext: name it shipway.policy.yaml\n',
      );
    }
  });

  test('problems of both files are on stderr, or in one object', async () => {
    const folder = join(cwd, 'wrong');
    await shipway(['init', 'wrong'], { cwd });
    const wrong = 'service: Lamp\nstages: [deploy]\ndeploy: { provdier: process }\nenvironments: {}\n';
    await writeFile(join(folder, 'shipway.yaml'), wrong);
    await writeFile(
      join(folder, 'shipway.policy.yaml'),
      'environments: { staging: { identity: assumed } }\n',
    );
    const told = await shipway(['validate'], { cwd: folder });
    const lines = told.stderr.trim().split('\n');
    expect(told).toMatchObject({ code: 2, stdout: '' });
    for (const line of lines)
      expect(line).toMatch(/^shipway(\.policy)?\.yaml:\d+:\d+ [\w.[\]]+: .+; try .+$/);
    expect(lines.length).toBeGreaterThanOrEqual(3);
    const json = await shipway(['validate', '--json'], { cwd: folder });
    const { ok, problems } = jsonOf(json) as { ok: boolean; problems: { file: string; line: number }[] };
    expect({ code: json.code, stderr: json.stderr, ok }).toEqual({ code: 2, stderr: '', ok: false });
    expect(new Set(problems.map((p) => p.file))).toEqual(new Set(['shipway.yaml', 'shipway.policy.yaml']));
    expect(problems).toHaveLength(lines.length);
  });
});
