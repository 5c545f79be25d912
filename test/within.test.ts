import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { within } from '../src/within.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const NEVER = new AbortController().signal;
const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    signal.addEventListener('abort', () => {
      resolve(signal.reason);
    });
  });

test('a timeout comes, also after what nobody holds has been collected', async () => {
  const reasons = Array.from({ length: 20 }, () => within(150, NEVER, aborted));
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
  }
  for (const reason of await Promise.all(reasons)) expect(reason).toMatchObject({ name: 'TimeoutError' });
});

test('what aborts the signal that was given aborts, with its reason, also when that was before', async () => {
  const stop = new AbortController();
  const waiting = within(60_000, stop.signal, aborted);
  stop.abort(new Error('enough'));
  await expect(waiting).resolves.toEqual(new Error('enough'));
  await expect(within(60_000, stop.signal, aborted)).resolves.toEqual(new Error('enough'));
});

test('what ends in time is answered, and what fails fails; a time longer than a timer can take is none at once', async () => {
  await expect(within(1_000, undefined, () => Promise.resolve(7))).resolves.toBe(7);
  await expect(within(1_000, NEVER, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  const month = within(31 * 86_400_000, NEVER, async (signal) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return signal.aborted;
  });
  await expect(month).resolves.toBe(false);
});
