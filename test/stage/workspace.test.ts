import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { packArtifacts } from '../../src/adapters/artifacts/tar.js';
import type { ArtifactRef } from '../../src/domain/release.js';
import { sha256 } from '../../src/hash.js';
import { stageLabOfFile, type Source } from '../support/stage-lab.js';

const { lab, source } = await stageLabOfFile({
  'README.md': 'shop\n',
  'lock.json': '1',
  'src/app.js': 'app\n',
});
beforeEach(() => {
  lab.chunks.length = lab.entries.length = 0;
});

async function artifact(stage: string, files: Readonly<Record<string, string>>): Promise<ArtifactRef> {
  const folder = await mkdtemp(join(lab.folder, 'made-'));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return { stage, ...(await lab.artifacts.put(packArtifacts(folder, ['.']))) };
}
const failure = (stage: object, more: object = {}) => lab.attempt(lab.input(source, stage, more)).result;

test('the commit, a clean clone of it, and over it what earlier stages declared', async () => {
  const made = [await artifact('build', { 'dist/app.js': 'built\n', 'README.md': 'newer\n' })];
  const script = [
    'git status --porcelain',
    'git rev-parse HEAD',
    'cat README.md dist/app.js src/app.js',
    'ls -A',
  ];
  await lab.attempt(lab.input(source, { script }, { artifacts: made })).result;
  const said = (await lab.output()).split('\n').filter((l) => !l.startsWith('$ '));
  expect(said).toEqual([
    ...[' M README.md', '?? dist/', source.commit, 'newer'],
    ...['built', 'app', '.git', '.keep', 'README.md', 'dist', 'lock.json', 'src', ''],
  ]);
});

test('nothing of what another stage has left undeclared', async () => {
  await failure({ script: ['touch left-behind', 'echo changed > README.md', 'echo x > .git/config'] });
  await failure({ script: ['test ! -e left-behind', 'test "$(cat README.md)" = shop', 'git log -1'] });
});

test('a source that does not hold the commit, is no bundle, or is not there', async () => {
  await expect(failure({}, { commit: 'a'.repeat(40) })).rejects.toMatchObject({
    type: 'source.invalid',
    nonRetryable: true,
    message: `the source does not hold commit ${'a'.repeat(40)}`,
  });
  const text = await artifact('no', { bundle: 'it is not' });
  const fresh = await lab.commit({ fresh: '1' });
  await expect(failure({}, { commit: fresh.commit, source: text.digest })).rejects.toMatchObject({
    type: 'source.invalid',
  });
  await expect(failure({}, { commit: fresh.commit, source: sha256('nowhere') })).rejects.toMatchObject({
    type: 'artifact.missing',
    nonRetryable: false,
  });
  await failure({ script: ['cat fresh'] }, fresh);
});

test('many stages of one commit at once share its checkout and nothing else', async () => {
  const fresh = await lab.commit({ many: '1' });
  const script = ['test ! -e mine', 'touch mine', 'sleep 0.1', 'cat many'];
  const all = Array.from({ length: 8 }, () => lab.attempt(lab.input(fresh, { script })).result);
  await Promise.all(all);
  const sources = (await readdir(join(lab.stageDir, 'checkouts'))).filter((n) => n.startsWith(fresh.commit));
  expect(sources).toEqual([fresh.commit]);
});

test('the machine’s git configuration and hooks have no part in it', async () => {
  const home = await mkdtemp(join(lab.folder, 'home-'));
  await mkdir(join(home, 'hooks'));
  await writeFile(join(home, 'hooks/post-checkout'), `#!/bin/sh\ntouch ${home}/ran\n`, { mode: 0o755 });
  const config = `[core]\n\thooksPath = ${home}/hooks\n[fetch]\n\tfsckObjects = nonsense\n`;
  await writeFile(join(home, '.gitconfig'), config);
  const fresh = await lab.commit({ hooked: '1' });
  const before = process.env;
  process.env = { ...before, HOME: home, GIT_DIR: '/nowhere', GIT_CONFIG_GLOBAL: join(home, '.gitconfig') };
  try {
    await failure({ script: ['cat hooked'] }, fresh);
  } finally {
    process.env = before;
  }
  expect(await readdir(home)).not.toContain('ran');
});

test('artifacts that are declared and not left, and those that lead out, fail the stage', async () => {
  await expect(failure({ artifacts: ['dist/'] })).rejects.toMatchObject({
    type: 'stage.artifact_missing',
    nonRetryable: true,
    message: 'the stage did not leave dist/',
  });
  for (const [script, path] of [
    ['ln -s / dist', 'dist/etc/passwd'],
    ['mkdir dist && ln -s /etc/passwd dist/passwd', 'dist'],
    ['mkfifo pipe', 'pipe'],
    ['true', '../../../../etc'],
  ] as const)
    await expect(failure({ script: [script], artifacts: [path] })).rejects.toMatchObject({
      type: 'stage.artifact_refused',
      nonRetryable: true,
    });
});

const cache = (script: string[], keyFiles = ['lock.json']) => ({
  script,
  cache: [{ paths: ['deps', 'nested/deps'], keyFiles }],
});

test('a cache is kept by its key files, restored when they are the same, and not when they differ', async () => {
  const install =
    'if [ -e deps/a ]; then echo hit; else echo miss; mkdir -p deps nested/deps; echo 1 > deps/a; echo 2 > nested/deps/b; fi';
  const said = async (of: Source, name = 'work') => {
    lab.chunks.length = 0;
    await lab.attempt(lab.input(of, { name, ...cache([install, 'cat deps/a nested/deps/b']) })).result;
    return (await lab.output()).match(/^(hit|miss|\d)$/gm);
  };
  expect(await said(source)).toEqual(['miss', '1', '2']);
  expect(await said(source)).toEqual(['hit', '1', '2']);
  const same = await lab.commit({ 'lock.json': '1', other: 'x' });
  expect(await said(same, 'another')).toEqual(['hit', '1', '2']);
  const changed = await lab.commit({ 'lock.json': '2' });
  expect(await said(changed)).toEqual(['miss', '1', '2']);
});

test('what a stage that failed has left is not kept, and the key is the one from before the commands', async () => {
  const one = await lab.commit({ 'lock.json': 'three' });
  const fill = ['mkdir deps', 'touch deps/x'];
  await expect(failure(cache([...fill, 'false']), one)).rejects.toThrow();
  await failure(cache(['test ! -e deps', ...fill, 'echo changed > lock.json']), one);
  await failure(cache(['test -e deps/x']), one);
});

test('a service’s caches are its own', async () => {
  const one = await lab.commit({ 'lock.json': 'four' });
  await failure(cache(['mkdir deps', 'touch deps/x']), one);
  await failure(cache(['test ! -e deps']), { ...one, service: 'other' });
});

test('caches and key files never lead out of the workspace, and a key file is a plain file', async () => {
  const secret = join(lab.folder, 'secret');
  await mkdir(secret, { recursive: true });
  await writeFile(join(secret, 'deps'), 'hunter2');
  const repository = await lab.commit({ 'lock.json': 'five', 'src/app.js': '' });
  const stage = (script: string[], keyFiles = ['lock.json']) => ({
    script,
    cache: [{ paths: ['out/deps'], keyFiles }],
  });
  await failure(stage([`ln -s ${secret} out`]), repository);
  await failure(stage(['test ! -e out/deps'], ['lock.json']), repository);

  // And on the way in: a source whose link leads out does not get a cache written there.
  const kept = { cache: [{ paths: ['in/deps'], keyFiles: ['lock.json'] }] };
  await failure({ script: ['mkdir in && echo mine > in/deps'], ...kept }, repository);
  const outside = join(lab.folder, 'outside');
  await mkdir(outside);
  const linked = await artifact('build', { 'x/y': '' });
  const folder = await mkdtemp(join(lab.folder, 'linked-'));
  await symlink(outside, join(folder, 'in'));
  await writeFile(join(folder, 'lock.json'), 'five');
  const withLink = await lab.commit({ 'lock.json': 'five' }, folder);
  await failure({ script: ['test -L in'], ...kept }, { ...withLink, artifacts: [linked] });
  expect(await readdir(outside)).toEqual([]);

  // A folder, and what is not there or outside, are no key files; what the commands make of one is not looked at.
  const keys = ['lock.json', 'src', 'none', '../../begun'];
  await failure(stage(['rm lock.json && mkfifo lock.json'], keys), repository);
});

test('a cache that cannot be kept fails no stage', async () => {
  const one = await lab.commit({ 'lock.json': 'six' });
  const place = join(lab.stageDir, 'cache', 'blocked');
  await mkdir(join(lab.stageDir, 'cache'), { recursive: true });
  await writeFile(place, 'in the way');
  await failure(cache(['mkdir deps', 'touch deps/x']), { ...one, service: 'blocked' });
  await rm(place);
  expect((await stat(join(lab.stageDir, 'cache'))).mode & 0o077).toBe(0);
  expect(await readFile(join(lab.stageDir, 'cache', 'none')).catch(() => 'none')).toBe('none');
});
