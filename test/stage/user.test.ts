import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { runDir } from '../../src/stage/job-files.js';
import { stageUser } from '../../src/stage/user.js';
import { settled } from '../../src/stage/behind.js';
import { stageLabOfFile } from '../support/stage-lab.js';

/** Only root may become another user; anybody else is told so, and that is all there is to test then. */
const asRoot = process.getuid?.() === 0;
const NOBODY = { uid: 65_534, gid: 65_534 };

const { lab, source } = await stageLabOfFile({ 'README.md': 'shop\n', 'run.sh': 'echo ran\n' });
beforeAll(async () => {
  await chmod(lab.folder, 0o711);
  await mkdir(join(lab.folder, 'secrets'), { mode: 0o700 });
  await writeFile(join(lab.folder, 'secrets/password'), 'hunter2', { mode: 0o600 });
  if (asRoot) expect(await stageUser('nobody', lab.stageDir)).toEqual(NOBODY);
});
beforeEach(() => {
  lab.chunks.length = 0;
});

const said = async (script: readonly string[], more: object = {}): Promise<string> => {
  const input = lab.input(source, { script, ...more });
  await lab.attempt(input, asRoot ? { deps: { user: NOBODY } } : {}).result;
  return (await lab.output()).replaceAll(/^\$ .*\n/gm, '');
};

test('the user must be there, be nobody of rank, and come to the folder', async () => {
  const far = join(lab.folder, 'secrets/stages');
  if (!asRoot) {
    await expect(stageUser('nobody', far)).rejects.toThrow('this worker may not become another user');
    return;
  }
  await expect(stageUser('root', far)).rejects.toMatchObject({ message: 'SHIPWAY_STAGE_USER is root' });
  for (const name of ['no-such-user', '-u', '', 'nobody; id'])
    await expect(stageUser(name, far)).rejects.toMatchObject({ name: 'UsageError' });
  await expect(stageUser('nobody', far)).rejects.toMatchObject({
    message: `the user nobody cannot come to ${far}`,
    next: 'set SHIPWAY_STAGE_DIR to a folder that everybody may pass through, such as /var/lib/shipway/stages',
  });
});

test('commands run as that user, in no other group, with a workspace and a home of their own', async () => {
  const me = asRoot ? ['65534', '65534', '65534'] : [process.getuid?.(), process.getgid?.()].map(String);
  const script = [
    'id -u; id -g',
    'id -G',
    'sh run.sh > made; cat made',
    'touch $HOME/a $TMPDIR/b',
    'git log -1 --format=%an',
  ];
  const output = (await said(script, { artifacts: ['made'] })).split('\n');
  expect(output.slice(0, me.length)).toEqual(me);
  expect(output).toContain('ran');
  expect(output).toContain('dev');
});

test('they can read nothing of the worker’s, and signal nothing of it', async () => {
  await said(['mkdir deps && touch deps/a'], { cache: [{ paths: ['deps'], keyFiles: ['README.md'] }] });
  lab.chunks.length = 0;
  const places = [
    'secrets/password',
    'artifacts',
    'stages',
    'stages/checkouts',
    'stages/cache',
    'stages/jobs',
  ];
  const script = [
    ...places.map((p) => `ls ${join(lab.folder, p)}/ >/dev/null 2>&1 && echo can list ${p} || true`),
    ...places.map((p) => `cat ${join(lab.folder, p)} 2>/dev/null && echo can read ${p} || true`),
    'for f in begun.json shipped.json caches.json output pid exit; do cat $SHIPWAY_JOB/$f >/dev/null 2>&1 && echo can read $f || true; done',
    'for f in script begun output exit run new; do (echo x >> $SHIPWAY_JOB/$f) 2>/dev/null && echo can write $f || true; done',
    '(mv ../workspace ../other) 2>/dev/null && echo can move the workspace || true',
    '(ln -s / ../link) 2>/dev/null && echo can link beside it || true',
    `cat /proc/${String(process.pid)}/environ >/dev/null 2>&1 && echo can read the environment || true`,
    `kill -0 ${String(process.pid)} 2>/dev/null && echo can signal || true`,
    'echo through',
  ];
  const output = (await said(script)).trim().split('\n');
  if (asRoot) expect(output).toEqual(['through']);
  // Without another user they can: so the test sees what it looks for.
  else expect(output).toContain('can signal');
});

test('nor make the worker read it for them', async () => {
  const secrets = join(lab.folder, 'secrets');
  for (const script of [`ln -s ${secrets} out`, `ln -s ${secrets}/password out`])
    await expect(said([script], { artifacts: ['out', 'out/password'] })).rejects.toMatchObject({
      type: 'stage.artifact_refused',
    });
  const cache = [{ paths: ['out/password'], keyFiles: ['linked'] }];
  await said([`ln -s ${secrets} out`], { cache });
  lab.chunks.length = 0;
  expect(await said(['ls -A', 'cat out/password 2>/dev/null || echo nothing'], { cache })).toMatch(
    /nothing\n$/,
  );
});

test('afterwards all of it is gone, also what only that user could write', async () => {
  const input = lab.input(source, { script: ['mkdir -p $HOME/a && touch $HOME/a/b && chmod 0 $HOME/a'] });
  await lab.attempt(input, asRoot ? { deps: { user: NOBODY } } : {}).result;
  await settled();
  await expect(stat(runDir(lab.job(input)))).rejects.toThrow('ENOENT');
  expect(await readFile(join(lab.folder, 'secrets/password'), 'utf8')).toBe('hunter2');
});
