import { expect, test } from 'vitest';
import { sharedRead } from '../../src/store/shared-read.js';

/** Reads that end when they are told to, with their number. */
function numbered() {
  const open: { readonly end: () => void; readonly fail: () => void }[] = [];
  let begun = 0;
  const read = sharedRead(() => {
    const n = ++begun;
    return new Promise<number>((resolve, reject) => {
      open.push({
        end: () => {
          resolve(n);
        },
        fail: () => {
          reject(new Error(`read ${String(n)}`));
        },
      });
    });
  });
  return { read, open, begun: () => begun };
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('whoever asks during a read has the next one, together; then there is none until somebody asks', async () => {
  const { read, open, begun } = numbered();
  const first = read();
  const [second, third] = [read(), read()];
  await settled();
  expect(begun()).toBe(1);
  open[0]?.end();
  expect(await first).toBe(1);
  await settled();
  expect(begun()).toBe(2);
  const fourth = read();
  open[1]?.end();
  expect(await Promise.all([second, third])).toEqual([2, 2]);
  await settled();
  open[2]?.end();
  expect(await fourth).toBe(3);
  await settled();
  expect(begun()).toBe(3);
  const fifth = read();
  expect(begun()).toBe(4);
  open[3]?.end();
  expect(await fifth).toBe(4);
});

test('a read that fails fails for those who share it alone', async () => {
  const { read, open } = numbered();
  const first = read();
  const [second, third] = [read(), read()];
  open[0]?.fail();
  await expect(first).rejects.toThrow('read 1');
  await settled();
  open[1]?.fail();
  await expect(second).rejects.toThrow('read 2');
  await expect(third).rejects.toThrow('read 2');
  await settled();
  const fourth = read();
  open[2]?.end();
  expect(await fourth).toBe(3);
});

test('a read that hangs holds up nobody for long: the next one begins beside it', async () => {
  const { read, open, begun } = numbered();
  void read();
  const second = read();
  await expect.poll(begun, { timeout: 2_000 }).toBe(2);
  open[1]?.end();
  expect(await second).toBe(2);
});

test('no two begin where one ends, whenever somebody asks', async () => {
  const { read, open, begun } = numbered();
  void read();
  void read();
  open[0]?.end();
  for (let i = 0; i < 30; i++) {
    await Promise.resolve();
    void read();
  }
  expect(begun()).toBe(2);
});
