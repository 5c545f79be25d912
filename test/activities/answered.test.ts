import { expect, test } from 'vitest';
import { answered } from '../../activities/answered.js';

const never = new AbortController().signal;
const hanging = (): Promise<never> => new Promise(() => undefined);

test('who hangs is told to stop, and not waited for', async () => {
  let told: AbortSignal | undefined;
  const asked = answered(
    never,
    (ending) => {
      told = ending;
      return hanging();
    },
    50,
  );
  await expect(asked).rejects.toThrow('no answer within 50ms');
  expect(told?.aborted).toBe(true);
  await expect(answered(AbortSignal.abort(new Error('enough')), hanging)).rejects.toThrow('enough');
});

test('who answers in time is heard, and who fails too', async () => {
  expect(await answered(never, () => Promise.resolve(1))).toBe(1);
  await expect(answered(never, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
});
