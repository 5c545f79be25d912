import { expect, test } from 'vitest';
import { closeInTurn } from '../src/close-in-turn.js';

test('all are ended, the newest first, also after one that fails; the first failure is thrown at the end', async () => {
  const ended: string[] = [];
  const end =
    (name: string, fails = false) =>
    (): Promise<void> => {
      ended.push(name);
      return fails ? Promise.reject(new Error(name)) : Promise.resolve();
    };
  const ends = [end('server'), end('gateway', true), end('instances', true), end('worker')];
  await expect(closeInTurn(ends)).rejects.toThrow('instances');
  expect(ended).toEqual(['worker', 'instances', 'gateway', 'server']);
  await closeInTurn(ends);
  expect(ended).toHaveLength(4);
});
