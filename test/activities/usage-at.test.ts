import { expect, test } from 'vitest';
import { usageAt } from '../../activities/usage-at.js';
import type { Provider } from '../../src/domain/ports.js';
import { WATCH_PLAN, watchInput } from '../support/watching.js';

const input = watchInput({
  plan: { ...WATCH_PLAN, triggers: { memory: { threshold: 1, windowMs: 1_000 } } },
});
const look = async (answer: unknown) => {
  const usage = () => Promise.resolve(answer);
  const world = () => Promise.resolve({ provider: { usage } as unknown as Provider });
  return (await usageAt(world, input, new AbortController().signal)).usage;
};
const one = { id: 'a', startedAt: 'once', cpuMs: 1.5, memoryBytes: 1 };

test('what a provider answers is taken, without what nobody asked for', async () => {
  const answer = { at: 5, instances: [{ ...one, name: 'x' }], note: 'y' };
  const slot = { at: 5, instances: [one] };
  expect(await look(answer)).toEqual({ slots: { green: slot, blue: slot } });
});

const of = (change: object) => ({ at: 5, instances: [{ ...one, ...change }] });
test.each<[string, unknown]>([
  ['instances 0 cpuMs Invalid input: expected number, received NaN', of({ cpuMs: NaN })],
  ['instances 0 memoryBytes Invalid input: expected number, received string', of({ memoryBytes: '1e9x' })],
  ['instances 0 memoryBytes Too small: expected number to be >=0', of({ memoryBytes: -1 })],
  ['instances 0 startedAt Invalid input: expected string, received undefined', of({ startedAt: undefined })],
  ['at Invalid input: expected number, received string', { ...of({}), at: '2026-01-01T00:00:00Z' }],
  ['instances Invalid input: expected array, received undefined', { at: 5 }],
])('what is no usage is unavailable: %s', async (why, answer) => {
  expect(await look(answer)).toEqual({
    unavailable: `what the provider answers is no usage: ${why}`,
  });
});
