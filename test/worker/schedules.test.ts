import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { HOUSEKEEPING } from '../../src/domain/ids.js';
import { keepSchedules } from '../../src/worker/schedules.js';
import { freshNamespace, temporalAddress } from '../support/servers.js';

const SILENT = pino({ level: 'silent' });

test('workers make the schedules, bring them up to date, and leave a paused one paused', async () => {
  const connection = await Connection.connect({ address: temporalAddress() });
  onTestFinished(() => connection.close());
  const client = new Client({ connection, namespace: await freshNamespace() });
  await Promise.all([keepSchedules(client, SILENT), keepSchedules(client, SILENT)]);
  const [house, drift] = [HOUSEKEEPING.schedule, HOUSEKEEPING.drift].map((id) =>
    client.schedule.getHandle(id),
  );
  await house?.pause('moving the store');
  await drift?.update((was) => ({ ...was, spec: { intervals: [{ every: '30d' }] } }));
  await keepSchedules(client, SILENT);
  const [kept, again] = [await house?.describe(), await drift?.describe()];
  expect(kept).toMatchObject({
    state: { paused: true, note: 'moving the store' },
    policies: { overlap: 'SKIP', catchupWindow: 600_000 },
    spec: { intervals: [{ every: 86_400_000, offset: 3 * 3_600_000 }], jitter: 1_800_000 },
    action: { workflowType: 'housekeeping', taskQueue: 'control' },
  });
  expect(again).toMatchObject({
    state: { paused: false },
    spec: { intervals: [{ every: 3_600_000 }] },
    action: { args: [{ only: 'drift' }] },
  });
});

test('a worker that may not says so, and goes on', async () => {
  const said: string[] = [];
  const log = pino({}, { write: (line: string) => void said.push(line) });
  const create = () => Promise.reject(new Error('permission denied'));
  await keepSchedules({ schedule: { create } } as unknown as Client, log);
  expect(said).toHaveLength(3);
  expect(said[0]).toMatch(/permission denied.*does not run by itself/);
});
