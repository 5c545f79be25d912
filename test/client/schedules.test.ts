import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type ShipwayClient } from '../../src/client.js';
import type { NewSchedule } from '../../src/client/schedules.js';
import { scheduleId } from '../../src/domain/trigger.js';
import { eventually } from '../support/eventually.js';
import { freshNamespace, temporalAddress } from '../support/servers.js';

let client: ShipwayClient;
beforeAll(async () => {
  const namespace = await freshNamespace();
  client = await connect({ temporalAddress: temporalAddress(), namespace, apiUrl: 'http://127.0.0.1:9' });
});
afterAll(() => client.close());

const ref = { service: 'lamp', name: 'nightly' };
const nightly: NewSchedule = {
  ...{ ...ref, cron: '0 3 * * 1-5', timezone: 'Europe/Berlin', branch: 'main', by: 'carol' },
};

test.each([
  ['minutes that are none', { cron: '99 3 * * *' }, 'Minute is not in range [0-59]'],
  ['too few fields', { cron: '0 3' }, 'CronString does not have 5-7 fields'],
  ['a time zone that is none', { timezone: 'Mars/Olympus' }, 'unknown time zone Mars/Olympus'],
])('Temporal refuses %s, in words and with what to write', async (_, more, why) => {
  await expect(client.schedules.add({ ...nightly, ...more })).rejects.toMatchObject({
    message: `Temporal does not take this schedule: ${why}`,
    next: expect.stringContaining('--cron "0 3 * * 1-5"') as string,
    exit: 2,
  });
});

test('runs of one schedule do not overlap, and one that was missed stays so; it starts a trigger of who made it', async () => {
  await client.schedules.add(nightly);
  await expect(client.schedules.add(nightly)).rejects.toMatchObject({
    message: 'lamp has a schedule nightly',
    exit: 1,
  });
  const handle = client.temporal.schedule.getHandle(scheduleId('lamp', 'nightly'));
  expect(await handle.describe()).toMatchObject({
    policies: { overlap: 'SKIP', catchupWindow: 60_000 },
    spec: { timezone: 'Europe/Berlin' },
    action: {
      ...{
        type: 'startWorkflow',
        workflowType: 'trigger',
        workflowId: 'trigger/lamp/nightly',
        taskQueue: 'control',
      },
      args: [{ service: 'lamp', cause: { kind: 'schedule', name: 'nightly', by: 'carol', branch: 'main' } }],
    },
  });
  // Nobody polls: the first stays open, so that the second is left out.
  await client.schedules.now(ref);
  await eventually(async () => (await handle.describe()).info.runningActions[0]);
  await client.schedules.now(ref);
  const skipped = await eventually(
    async () => (await handle.describe()).info.numActionsSkippedOverlap || undefined,
  );
  expect(skipped).toBe(1);
});

test('how a run goes that is tried again is shown by one workflow of its own', async () => {
  await client.followRun('lamp', 'r2');
  const { type, taskQueue } = await client.temporal.workflow.getHandle('trigger/lamp/r2').describe();
  expect([type, taskQueue]).toEqual(['trigger', 'control']);
  await expect(client.followRun('lamp', 'r2')).rejects.toThrow();
});

test('what is listed is when it starts and what with, whatever is written beside it', async () => {
  const words = { ...nightly, service: 'till', name: 'told', by: 'the release manager', branch: 'safe' };
  const action = {
    ...{ type: 'startWorkflow' as const, workflowType: 'trigger', taskQueue: 'control' },
    args: [{ service: 'till', cause: { kind: 'schedule', name: 'told', by: 'eve', branch: 'wip' } }],
  };
  const spec = { cronExpressions: ['*/15 8-18/2 1,15 * 0,6'], timezone: 'UTC' };
  const memo = { schedule: words };
  await client.temporal.schedule.create({ scheduleId: scheduleId('till', 'told'), spec, action, memo });
  for (const [name, args] of [
    ['bare', []],
    ['other', [{ service: 'till', cause: { kind: 'push' } }]],
    ['odd', [{ service: 'till', cause: { kind: 'schedule', name: {}, by: 'eve', branch: 'main' } }]],
  ] as const)
    await client.temporal.schedule.create({
      ...{ scheduleId: scheduleId('till', name), spec, action: { ...action, args: [...args] }, memo },
    });
  const listed = () => eventually(async () => (await client.schedules.list('till'))[0]);
  expect(await listed()).toMatchObject({
    ...{ service: 'till', name: 'told', by: 'eve', branch: 'wip', cron: '*/15 8-18/2 1,15 * 0,6' },
    timezone: 'UTC',
  });
  expect(await client.schedules.list('till')).toHaveLength(1);
});

test('it is paused with a note, goes on, and is gone', async () => {
  await client.schedules.pause(ref, 'bob: before the fair');
  const listed = () => eventually(async () => (await client.schedules.list('lamp'))[0]);
  expect(await listed()).toMatchObject({ ...nightly, paused: 'bob: before the fair' });
  await client.schedules.resume(ref, 'bob: it is over');
  expect(await listed()).not.toHaveProperty('paused');
  expect(await client.schedules.list('other')).toEqual([]);
  await client.schedules.remove(ref);
  const gone = { message: 'lamp has no schedule nightly', kind: 'not_found' };
  await expect(client.schedules.remove(ref)).rejects.toMatchObject(gone);
  await expect(client.schedules.now({ ...ref, name: 'other' })).rejects.toMatchObject({ kind: 'not_found' });
});
