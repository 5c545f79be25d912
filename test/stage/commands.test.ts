import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { identityOf, isAlive } from '../../src/processes.js';
import { runDir } from '../../src/stage/job-files.js';
import { settled } from '../../src/stage/behind.js';
import { stageLabOfFile, textOf } from '../support/stage-lab.js';

const { lab, source } = await stageLabOfFile();

const outputOf = async (script: readonly string[]): Promise<string> => {
  lab.chunks.length = 0;
  await lab.attempt(lab.input(source, { script })).result;
  return lab.output();
};
const failed = (script: readonly string[]) => lab.attempt(lab.input(source, { script })).result;

test('each line is shown before it runs, with both streams in the order they were written', async () => {
  expect(await outputOf(['cat README.md', "echo 'it''s' >&2", 'printf done'])).toBe(
    "$ cat README.md\nshop\n$ echo 'it''s' >&2\nits\n$ printf done\ndone",
  );
});

test('the first line that fails ends the stage with its code, and the next ones do not run', async () => {
  const marker = join(lab.folder, 'ran-on');
  const input = lab.input(source, { script: ['exit_with() { return 7; }', 'exit_with', `touch ${marker}`] });
  await expect(lab.attempt(input).result).rejects.toMatchObject({
    type: 'stage.failed',
    nonRetryable: true,
    message: `stage work: exit code 7 (output: shipway logs ${input.run} --stage work)`,
  });
  await expect(stat(marker)).rejects.toThrow('ENOENT');
  expect(lab.entries.at(-1)).toMatchObject({
    event_type: 'stage.result',
    details: { stage: 'work', attempt: 1, exit_code: 7 },
  });
});

test('exit codes are the commands’ own: not found, killed by a signal, the largest', async () => {
  for (const [line, code] of [
    ['there-is-no-such-program', 127],
    ['sh -c "kill -KILL $$$$"', 137],
    ['exit 255', 255],
  ] as const)
    await expect(failed([line.replace('$$$$', '\\$\\$')])).rejects.toThrow(`exit code ${String(code)} `);
});

test('a script that kills itself, but not its runner, has a code; one that kills both is lost', async () => {
  await expect(failed(['kill -KILL $$'])).rejects.toThrow('exit code 137');
  const both = lab.attempt(lab.input(source, { script: ['kill -KILL 0'], onLost: 'fail' }));
  await expect(both.result).rejects.toMatchObject({ type: 'stage.lost', nonRetryable: true });
});

test('a script that is lost each time it runs is not run for ever', async () => {
  const counter = join(lab.folder, 'lost-each-time');
  const input = lab.input(source, { script: [`echo x >> ${counter}`, 'kill -KILL 0'] });
  await expect(lab.attempt(input).result).rejects.toMatchObject({ type: 'stage.lost' });
  expect((await textOf(counter)).split('\n')).toHaveLength(7);
});

test('standard input is empty, and nobody is asked', async () => {
  expect(
    await outputOf(['cat', 'read -r line || echo "nothing to read"', 'test -t 0 || echo "no terminal"']),
  ).toContain('nothing to read\n$ test -t 0 || echo "no terminal"\nno terminal\n');
});

test('only what is declared reaches the commands: no credentials, nothing of the worker’s own', async () => {
  const planted = {
    DATABASE_URL: 'postgres://u:hunter2@db',
    TEMPORAL_API_KEY: 'key',
    SHIPWAY_API_TOKEN: 'token',
  };
  onTestFinished(() => void vi.unstubAllEnvs());
  const others = { npm_config_token: 'npm', NODE_OPTIONS: '', EDITOR: 'vi' };
  for (const [name, value] of Object.entries({ ...planted, ...others })) vi.stubEnv(name, value);
  lab.chunks.length = 0;
  const input = lab.input(source, {
    script: ['env'],
    environment: { GREETING: 'hello', go: 'mine', SHIPWAY_RUN: 'mine' },
  });
  await lab.attempt(input).result;
  const said = (await lab.output()).split('\n').slice(1, -1);
  const given = Object.fromEntries(said.map((l) => [l.split('=')[0] ?? '', l.slice(l.indexOf('=') + 1)]));
  const job = lab.job(input);
  expect(given).toEqual({
    CI: 'true',
    GREETING: 'hello',
    go: 'mine',
    HOME: join(job, 'run/home'),
    LANG: 'C.UTF-8',
    PATH: process.env['PATH'],
    PWD: join(job, 'run/workspace'),
    ...(given['OLDPWD'] === undefined ? {} : { OLDPWD: expect.any(String) as string }),
    SHIPWAY_COMMIT: source.commit,
    SHIPWAY_ENVIRONMENT: 'production',
    SHIPWAY_IDEMPOTENCY_KEY: `${input.run}/work`,
    SHIPWAY_JOB: job,
    SHIPWAY_RUN: input.run,
    SHIPWAY_SERVICE: 'shop',
    SHIPWAY_STAGE: 'work',
    SHIPWAY_VERSION: 'v1',
    TMPDIR: join(job, 'run/tmp'),
  });
});

test('the commands inherit no open files of the worker but their output', async () => {
  const listed = (await outputOf(['for f in /proc/$$/fd/*; do readlink "$f" || true; done']))
    .split('\n')
    .slice(1);
  const ours = listed.filter((f) => f.startsWith(lab.folder)).map((f) => f.split('/').at(-1));
  expect([...new Set(ours)].sort()).toEqual(['output', 'script']);
});

test('what a script leaves running in its group ends with it, and its output has been taken till then', async () => {
  const pidFile = join(lab.folder, 'left-running');
  const said = await outputOf([
    `(trap '' HUP; echo started; sh -c 'echo $$ > ${pidFile}; exec sleep 300') &`,
    `while [ ! -s ${pidFile} ]; do sleep 0.02; done`,
    'echo last',
  ]);
  expect(said).toContain('started\n');
  expect(said.endsWith('$ echo last\nlast\n')).toBe(true);
  const pid = Number(await textOf(pidFile));
  const identity = await identityOf(pid).catch(() => undefined);
  if (identity !== undefined) await expect.poll(() => isAlive(identity), { timeout: 10_000 }).toBe(false);
});

test('a daemon that left the group does not hold the stage up', async () => {
  const pidFile = join(lab.folder, 'daemon');
  await outputOf([
    `setsid sh -c 'echo $$ > ${pidFile}; exec sleep 300' &`,
    `while [ ! -s ${pidFile} ]; do sleep 0.02; done`,
  ]);
  const daemon = await identityOf(Number(await textOf(pidFile)));
  process.kill(daemon.pid, 'SIGKILL');
});

test('afterwards nothing is left of workspace, home and temporary files, however they were left', async () => {
  const read = {
    script: ['mkdir -p $HOME/go/pkg && touch $HOME/go/pkg/a && chmod -R a-w $HOME/go', 'touch $TMPDIR/b'],
  };
  const passed = lab.input(source, read);
  await lab.attempt(passed).result;
  const wrong = lab.input(source, { script: ['touch a', 'false'] });
  await expect(lab.attempt(wrong).result).rejects.toThrow();
  await settled();
  for (const input of [passed, wrong]) {
    await expect(stat(runDir(lab.job(input)))).rejects.toThrow('ENOENT');
    expect(await readdir(lab.job(input))).toContain('output');
  }
});

test('what a worker keeps of a job can be read by nobody else', async () => {
  const input = lab.input(source, { script: ['touch here'] });
  await lab.attempt(input).result;
  await settled();
  const job = lab.job(input);
  for (const name of await readdir(job)) {
    const { mode } = await stat(join(job, name));
    expect(`${name} ${(mode & 0o077).toString(8)}`).toBe(`${name} 0`);
  }
  expect((await stat(job)).mode & 0o066).toBe(0);
});

test('a workflow’s input cannot choose folders', async () => {
  for (const more of [{ run: '../../etc' }, { run: '..' }, { attempt: 1.5 }])
    await expect(lab.attempt(lab.input(source, {}, more)).result).rejects.toMatchObject({
      type: 'internal.bug',
    });
  const stage = lab.attempt(lab.input(source, { name: '../x' }));
  await expect(stage.result).rejects.toMatchObject({ type: 'internal.bug' });
  const commit = lab.attempt(lab.input({ ...source, commit: '../../../etc' }));
  await expect(commit.result).rejects.toMatchObject({ type: 'source.invalid', nonRetryable: true });
});
