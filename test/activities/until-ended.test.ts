import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { awaitRun } from '../../activities/triggers.js';
import { untilEnded } from '../../activities/until-ended.js';
import { MEMO_VIEW } from '../../src/domain/messages.js';

interface Seen {
  readonly status: { readonly name: string };
  readonly memo?: Readonly<Record<string, unknown>>;
}
const gone = () => new WorkflowNotFoundError('workflow not found', 'pipeline/lamp/r1', undefined);

/** Temporal as one workflow is seen there, look by look; the last look stays. */
function clientOf(looks: readonly (Seen | Error)[]): { client: Client; asked: string[] } {
  const asked: string[] = [];
  const describe = (id: string) => () => {
    const seen = looks[Math.min(asked.push(id), looks.length) - 1];
    return seen instanceof Error ? Promise.reject(seen) : Promise.resolve(seen);
  };
  const workflow = { getHandle: (id: string) => ({ describe: describe(id) }) };
  return { client: { workflow } as unknown as Client, asked };
}
const within = <T>(body: () => Promise<T>): Promise<T> => new MockActivityEnvironment().run(body);
const seen = (name: string, memo?: Seen['memo']): Seen => ({
  status: { name },
  ...(memo === undefined ? {} : { memo }),
});

test('asks as long as it runs, and says how it stands then', async () => {
  const { client, asked } = clientOf([seen('RUNNING'), seen('RUNNING'), seen('COMPLETED')]);
  await expect(within(() => untilEnded(client, 'w'))).resolves.toMatchObject({
    status: { name: 'COMPLETED' },
  });
  expect(asked).toEqual(['w', 'w', 'w']);
});

test('one that Temporal has not, or removes meanwhile, is waited for no longer', async () => {
  await expect(within(() => untilEnded(clientOf([gone()]).client, 'w'))).resolves.toBeUndefined();
  const { client } = clientOf([seen('RUNNING'), gone()]);
  await expect(within(() => untilEnded(client, 'w'))).resolves.toBeUndefined();
});

test('a server that does not answer is no end', async () => {
  const { client } = clientOf([seen('RUNNING'), new Error('unavailable')]);
  await expect(within(() => untilEnded(client, 'w'))).rejects.toThrow('unavailable');
});

test.each<[string, Seen | Error, object]>([
  [
    'as it says itself',
    seen('COMPLETED', { [MEMO_VIEW]: { outcome: 'shipped', reason: 'v1 is live' } }),
    { outcome: 'shipped', reason: 'v1 is live' },
  ],
  [
    'without a word of its own',
    seen('TERMINATED', {}),
    { outcome: 'failed', reason: 'terminated in Temporal' },
  ],
  ['with nothing left of it', gone(), { outcome: 'failed', reason: 'not in Temporal any more' }],
])('how a run ended: %s', async (_, last, ended) => {
  const { client, asked } = clientOf([last]);
  await expect(within(() => awaitRun({ client })({ service: 'lamp', run: 'r1' }))).resolves.toEqual(ended);
  expect(asked).toEqual(['pipeline/lamp/r1']);
});
