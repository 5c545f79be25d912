import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { beforeEach, expect, test } from 'vitest';
import { ShipwayError } from '../../src/errors.js';
import { sha256 } from '../../src/hash.js';
import { stageLabOfFile, textOf } from '../support/stage-lab.js';

const { lab, source } = await stageLabOfFile();
beforeEach(() => {
  lab.chunks.length = 0;
});

const said = async (line: string): Promise<string> => {
  const { outputBytes } = await lab.attempt(lab.input(source, { script: [line] })).result;
  const output = await lab.output();
  expect(output).toHaveLength(outputBytes);
  expect(lab.chunks.map((c) => c.last)).toEqual(lab.chunks.map((_, i) => i === lab.chunks.length - 1));
  expect(lab.chunks.map((c) => c.seq)).toEqual(lab.chunks.map((_, i) => i));
  return output.slice(output.indexOf('\n') + 1);
};

test('a million lines arrive, all and in order', async () => {
  const output = await said('seq 1 1000000');
  const expected = Array.from({ length: 1_000_000 }, (_, i) => `${String(i + 1)}\n`).join('');
  expect(sha256(output)).toBe(sha256(expected));
});

test('no newline, nothing at all, and bytes that are no text', async () => {
  expect(await said('printf half')).toBe('half');
  lab.chunks.length = 0;
  expect(await said('true')).toBe('');
  lab.chunks.length = 0;
  const bytes = await said('head -c 100000 /dev/zero; printf "\\377\\376\\000\\033[2J"');
  expect(bytes).toBe(`${'\0'.repeat(100_000)}\xff\xfe\0\x1b[2J`);
});

test('one line of megabytes, and an output that ends where a chunk does', async () => {
  expect(await said("head -c 3000000 /dev/zero | tr '\\0' x")).toBe('x'.repeat(3_000_000));
  lab.chunks.length = 0;
  const line = 'head -c 65500 /dev/zero';
  const shown = `$ ${line}\n`.length;
  await said(line.replace('65500', String(64 * 1024 - shown)));
  expect(lab.chunks.map((c) => c.bytes)).toEqual([64 * 1024, 0]);
});

test('output can be read while the command runs', async () => {
  const go = join(lab.folder, 'go');
  const script = ['echo early', `while [ ! -e ${go} ]; do sleep 0.02; done`];
  const { result } = lab.attempt(lab.input(source, { script }));
  await expect.poll(() => lab.output(), { timeout: 20_000 }).toContain('early\n');
  await writeFile(go, '');
  await result;
});

test('what is too much is cut and said so; the command goes on, and the disk is not filled', async () => {
  const go = join(lab.folder, 'cut');
  const limit = 8 * 1024 ** 2;
  const input = lab.input(source, {
    outputLimitBytes: limit,
    script: [
      `head -c ${String(limit - 50)} /dev/zero`,
      'head -c 2000000 /dev/zero',
      `while [ ! -e ${go} ]; do sleep 0.02; done`,
      'exit 0',
    ],
  });
  const { result } = lab.attempt(input);
  const size = async () => (await stat(join(lab.job(input), 'output'))).size;
  await expect.poll(size, { timeout: 60_000 }).toBeGreaterThan(1_000_000);
  await expect.poll(size, { timeout: 60_000 }).toBe(0);
  await writeFile(go, '');
  const { outputBytes } = await result;
  expect(outputBytes).toBe(limit);
  const last = lab.chunks.at(-1);
  expect(last?.last).toBe(true);
  const text = (await buffer(await lab.artifacts.get(last?.digest ?? ''))).toString();
  expect(text).toBe('\nshipway: the rest of the output was cut, output_limit is 8Mi\n');
});

test('a million lines over the limit: the first of them, in small pieces one after the other, and what was cut is said', async () => {
  const limit = 1024 ** 2;
  const [sizes, parallel] = [[] as number[], { now: 0, most: 0 }];
  const backend = {
    ...lab.backend,
    putArtifact: async (content: AsyncIterable<Uint8Array>) => {
      parallel.most = Math.max(parallel.most, (parallel.now += 1));
      const kept = await lab.backend.putArtifact(content);
      parallel.now -= 1;
      sizes.push(kept.bytes);
      return kept;
    },
  };
  const input = lab.input(source, { script: ['seq 1 1000000'], outputLimitBytes: limit });
  const { outputBytes } = await lab.attempt(input, { deps: { backend } }).result;
  expect(outputBytes).toBe(limit);
  // What is held in memory is one piece, however much is said.
  expect(Math.max(...sizes)).toBe(64 * 1024);
  expect(parallel.most).toBe(1);
  const output = await lab.output();
  const expected = Array.from({ length: 200_000 }, (_, i) => `${String(i + 1)}\n`).join('');
  const shown = '$ seq 1 1000000\n';
  expect(sha256(output.slice(0, limit))).toBe(sha256(`${shown}${expected}`.slice(0, limit)));
  expect(output.slice(limit)).toBe('\nshipway: the rest of the output was cut, output_limit is 1Mi\n');
});

test('a store that does not answer for a while loses nothing and doubles nothing', async () => {
  const [go, here] = [join(lab.folder, 'again'), join(lab.folder, 'here')];
  let [down, refused] = [true, 0];
  const backend = {
    ...lab.backend,
    // The worst moment: the chunk is there, and nobody knows.
    appendLog: async (chunk: Parameters<typeof lab.backend.appendLog>[0]) => {
      await lab.backend.appendLog(chunk);
      if (!down) return;
      refused++;
      throw new ShipwayError('store.unavailable', 'down');
    },
  };
  const script = ['seq 1 5', `echo > ${here}`, `while [ ! -e ${go} ]; do sleep 0.02; done`, 'seq 6 9'];
  const { result } = lab.attempt(lab.input(source, { script }), { deps: { backend } });
  await textOf(here);
  await expect.poll(() => refused, { timeout: 20_000 }).toBeGreaterThan(1);
  down = false;
  await writeFile(go, '');
  await result;
  const numbers = (await lab.output()).match(/^\d$/gm);
  expect(numbers).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
});
