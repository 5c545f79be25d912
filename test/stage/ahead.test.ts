import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeAhead } from '../../src/stage/ahead.js';
import { settled } from '../../src/stage/behind.js';
import { orderAhead, takeAhead } from '../../src/stage/order-ahead.js';
import { checkoutDir, copyAhead } from '../../src/stage/workspace.js';
import { stageLabOfFile } from '../support/stage-lab.js';

const { lab, source } = await stageLabOfFile();
const checkout = checkoutDir(lab.stageDir, source.commit);
const never = new AbortController().signal;
const sources = async (): Promise<readonly string[]> =>
  (await readdir(join(lab.stageDir, 'checkouts'))).sort();
const first = { followed: true };

test('the stage after one finds its source copied already, as it was committed', async () => {
  await lab.attempt(lab.input(source, { script: ['echo changed > README.md', 'touch left'] }, first)).result;
  await settled();
  expect(await sources()).toEqual([source.commit, `${source.commit}.ahead`]);
  await writeFile(join(`${checkout}.ahead/run/workspace`, 'seen'), '');
  const script = [
    'test -e seen',
    'test ! -e left',
    'test "$(cat README.md)" = shop',
    'test -d $HOME',
    'test -d $TMPDIR',
  ];
  await lab.attempt(lab.input(source, { script })).result;
  await settled();
  expect(await sources()).toEqual([source.commit]);
  await lab.attempt(lab.input(source, { script: ['test ! -e seen', 'test -e README.md'] })).result;
});

test('one copy is made at once, taken once, and waited for while it is being made', async () => {
  const making = Promise.all([orderAhead(checkout), orderAhead(checkout)]);
  const takers = [1, 2, 3].map((n) => takeAhead(checkout, join(lab.folder, `taken-${String(n)}`), never));
  expect((await Promise.all(takers)).filter((taken) => taken)).toHaveLength(1);
  await making;
  expect(await takeAhead(checkout, join(lab.folder, 'taken-last'), never)).toBe(false);
  expect(await sources()).toEqual([source.commit]);
});

test('who is told to stop does not wait for it', async () => {
  const making = orderAhead(checkout);
  const stop = AbortSignal.abort(new Error('not wanted'));
  await expect(takeAhead(checkout, join(lab.folder, 'taken-never'), stop)).rejects.toThrow('not wanted');
  await making;
  expect(await takeAhead(checkout, join(lab.folder, 'taken-after-all'), never)).toBe(true);
});

test('two workers may make one at once: one stays', async () => {
  await Promise.all([makeAhead(checkout), makeAhead(checkout)]);
  expect(await sources()).toEqual([source.commit, `${source.commit}.ahead`]);
  expect(await takeAhead(checkout, join(lab.folder, 'taken-of-two'), never)).toBe(true);
});

test('a copy that cannot be made leaves nothing, and fails no stage', async () => {
  await expect(makeAhead(checkoutDir(lab.stageDir, '0'.repeat(40)))).rejects.toThrow();
  expect(await sources()).toEqual([source.commit]);
  // Others may pass through what becomes a job's folder, where nobody else can come to, and read nothing.
  const open = async (path: string) => ((await stat(path)).mode & 0o077).toString(8);
  expect(await open(join(lab.stageDir, 'checkouts'))).toBe('0');
  for (const folder of [checkout, join(checkout, 'run')]) expect(await open(folder)).toBe('11');
  for (const part of ['workspace', 'home', 'tmp']) expect(await open(join(checkout, 'run', part))).toBe('0');
});

test('a commit that this machine has seen before is copied behind whoever asks for it, and no other', async () => {
  const failures: unknown[] = [];
  const ask = async (commit: string) => {
    copyAhead(lab.stageDir, commit, (error) => failures.push(error));
    await settled();
  };
  await ask(source.commit);
  await ask('0'.repeat(40));
  expect(await sources()).toEqual([source.commit, `${source.commit}.ahead`]);
  expect(failures).toEqual([]);
  await ask('no commit');
  expect(failures).toMatchObject([{ type: 'source.invalid' }]);
});
