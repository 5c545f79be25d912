import { expect, test } from 'vitest';
import type { HousekeepingInput, HousekeepingView } from '../../src/domain/housekeeping.js';
import { QUEUES } from '../../src/domain/ids.js';
import { MEMO_VIEW, MESSAGES } from '../../src/domain/messages.js';
import { newTarget } from '../../src/domain/target.js';
import type { TargetView } from '../../src/domain/view.js';
import type { housekeeping } from '../../workflows/index.js';
import { HOST, labOfFile } from '../support/lab.js';
import { record } from '../support/record.js';
import { story } from '../support/story.js';

const lab = await labOfFile('real');
let n = 0;
const keep = async (input: HousekeepingInput = {}) => {
  n += 1;
  const handle = await lab.client.workflow.start<typeof housekeeping>('housekeeping', {
    ...{ workflowId: `housekeeping-${String(n)}`, taskQueue: QUEUES.control, args: [input] },
  });
  return { handle, view: await handle.result() };
};
const events = (type: string) => lab.store.entries().filter((e) => e.event_type === type);

test('what nothing names goes; targets are looked at, and what differs is told once, and that it is gone', async () => {
  const shop = story(lab, 'kept');
  expect((await shop.ship('v1')).outcome).toBe('shipped');
  lab.artifacts.keep('named by nothing');
  expect((await keep({ dryRun: true })).view.removed.artifacts?.count).toBeGreaterThan(0);
  const first = await keep();
  expect(first.view).toMatchObject({ done: true, drift: [], unanswered: [] });
  expect(first.view.removed.artifacts?.count).toBeGreaterThan(0);
  expect((await keep()).view.removed.artifacts?.count).toBe(0);
  expect(events('housekeeping.done')).toHaveLength(2);
  const { memo } = await first.handle.describe();
  expect(memo?.[MEMO_VIEW]).toEqual(first.view);

  const { live } = shop.state() ?? expect.fail('there is no record');
  const [observed] = lab.world.slots.values();
  lab.world.slots.set(`kept/production/green`, { ...(observed ?? expect.fail()), slot: 'green' });
  const what = ['v1 runs in green, where nothing is recorded'];
  const drifted = await keep();
  expect(drifted.view.drift).toEqual([{ target: 'target/kept/production', what }]);
  await record('housekeeping-drift', drifted.handle);
  expect((await keep({ only: 'drift' })).view).toMatchObject({ removed: {}, drift: [{ what }] });
  expect(shop.state()).toMatchObject({ live, drift: { found: what } });
  expect(events('drift.found')).toMatchObject([{ service: 'kept', version: 'v1', details: { what } }]);
  const shown = () => shop.target().query<TargetView>(MESSAGES.view);
  await lab.until(async () => (await shown()).drift, 'the target to show it');
  expect((await shown()).drift).toEqual(what);
  lab.world.slots.delete('kept/production/green');
  expect((await keep({ only: 'drift' })).view.drift).toEqual([]);
  expect(shop.state()?.drift).toBeUndefined();
  expect(events('drift.gone')).toMatchObject([{ details: { what } }]);
});

test('a target that cannot be looked at holds up no other of its host, and is named', async () => {
  // What was tidied above is what runs begin with.
  lab.artifacts.keep('source');
  const shops = ['dim', 'lit'].map((service) => story(lab, service));
  for (const shop of shops) expect((await shop.ship('v1')).outcome).toBe('shipped');
  const [observed] = lab.world.slots.values();
  for (const { service } of shops)
    lab.world.slots.set(`${service}/production/green`, { ...(observed ?? expect.fail()), slot: 'green' });
  lab.world.fail('observe dim', 'router.refused');
  const { view } = await keep({ only: 'drift' });
  lab.world.fail('observe dim', undefined);
  expect(view).toMatchObject({
    unanswered: [],
    failed: [{ what: 'target/dim/production', why: 'observe dim was made to fail' }],
  });
  expect(view.drift.map(({ target }) => target)).toContain('target/lit/production');
  for (const { service } of shops) lab.world.slots.delete(`${service}/production/green`);
});

test('a host that nobody answers for holds up nothing else', async () => {
  await lab.store.targets.save({
    ...newTarget({ service: 'away', environment: 'production' }),
    host: 'away',
  });
  const { view } = await keep();
  expect(view).toMatchObject({ unanswered: ['away'], done: true } satisfies Partial<HousekeepingView>);
  expect(HOST).not.toBe('away');
});
