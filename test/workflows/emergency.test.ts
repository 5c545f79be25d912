import { afterEach, expect, test, vi } from 'vitest';
import { incidentOf } from '../../src/domain/incident.js';
import { deploymentId } from '../../src/domain/ids.js';
import { DARK } from '../support/dark.js';
import { labOfFile } from '../support/lab.js';
import { calm } from '../support/phases.js';
import { deploymentPlan } from '../support/plans.js';
import { record } from '../support/record.js';
import { underWay } from '../support/steering.js';
import { story, type Story } from '../support/story.js';

const lab = await labOfFile();
afterEach(() => {
  calm(lab);
  vi.restoreAllMocks();
});

const EMERGENCY = { emergency: { severity: 'critical' }, reason: 'checkout fails' } as const;
const idOf = ({ service }: Story, n: number): string =>
  incidentOf(deploymentId({ service, environment: 'production' }, n));
/** What is recorded of incidents, once as much is. */
const recorded = (shop: Story, many: number) =>
  lab.until(async () => {
    const all = lab.store
      .entries()
      .filter((e) => e.service === shop.service && e.event_type.startsWith('incident.'));
    return Promise.resolve(all.length >= many ? all : undefined);
  }, 'the record of the incident');

test('takes back what is in flight, and looks at what serves then; declared again it is the same, and after that opened again', async () => {
  const shop = await underWay(lab, 'flying', 'canary 5 %');
  const input = await shop.begin('v2');
  await shop.watching('canary 5 %');
  const id = deploymentId({ service: 'flying', environment: 'production' }, 2);
  expect(await shop.rollback(EMERGENCY)).toEqual({ status: 'running', deployment: id });
  expect(await shop.rollback(EMERGENCY)).toMatchObject({ deployment: id });
  expect(await shop.ended(input)).toMatchObject({
    outcome: 'rolled_back',
    reason: 'rollback by carol: checkout fails',
  });
  const [opened, verified] = await recorded(shop, 2);
  expect(opened).toMatchObject({
    ...{ event_type: 'incident.opened', user: 'carol' },
    details: { incident: idOf(shop, 2), severity: 'critical', reason: 'checkout fails' },
  });
  expect(verified?.details).toEqual({ incident: idOf(shop, 2), ok: true, serves: 'v1 in blue', unwell: [] });
  expect(await shop.rollback(EMERGENCY)).toMatchObject({ status: 'finished', deployment: id });
  const again = (await recorded(shop, 4)).slice(2);
  expect(again.map((e) => e.event_type)).toEqual(['incident.opened', 'incident.verified']);
  expect(shop.state()?.nextN).toBe(3);
  await record('target-emergency', shop.target());
});

/** The incidents of what was opened, and of what was found. */
const incidents = (all: Awaited<ReturnType<typeof recorded>>, event: string): readonly unknown[] =>
  all.filter((e) => e.event_type === event).map((e) => e.details['incident']);

test('brings known good back where nothing is in flight; declared again meanwhile and after it, it goes no further and is the same incident', async () => {
  const shop = story(lab, 'idle');
  await shop.ship('v1');
  await shop.ship('v2');
  await shop.ship('v3');
  const held = lab.store.block('deployments.admit');
  const first = shop.rollback(EMERGENCY);
  await held.reached;
  const again = shop.rollback(EMERGENCY);
  await shop.heard('rollback');
  held.release();
  const id = deploymentId({ service: 'idle', environment: 'production' }, 4);
  expect([await first, await again]).toEqual([
    { status: 'running', deployment: id },
    { status: 'running', deployment: id },
  ]);
  expect((await shop.deployed(4)).outcome).toBe('shipped');
  expect(shop.state()?.live?.release.version).toBe('v2');
  await recorded(shop, 2);
  expect(await shop.rollback(EMERGENCY)).toMatchObject({ status: 'refused', type: 'emergency.over' });
  const all = await recorded(shop, 4);
  expect(incidents(all, 'incident.opened')).toEqual([idOf(shop, 3), idOf(shop, 3)]);
  expect(incidents(all, 'incident.verified')).toEqual([idOf(shop, 3), idOf(shop, 3)]);
  expect(shop.state()?.live?.release.version).toBe('v2');
  await record('target-emergency-again', shop.target());
});

test('brings it back also after what has changed nothing: a deployment that failed, and a rollback', async () => {
  const shop = story(lab, 'tried');
  for (const version of ['v1', 'v2']) await shop.ship(version);
  lab.world.fail('ensure', 'instance.start_failed', 2);
  expect((await shop.ship('v3')).outcome).toBe('failed');
  expect(await shop.rollback(EMERGENCY)).toMatchObject({ status: 'running' });
  expect((await shop.deployed(4)).outcome).toBe('failed');
  // What serves was found well, and the alarm is closed.
  await recorded(shop, 2);
  expect(await shop.rollback(EMERGENCY)).toMatchObject({ status: 'running' });
  expect((await shop.deployed(5)).outcome).toBe('shipped');
  expect(shop.state()?.live?.release.version).toBe('v1');
  const all = await recorded(shop, 3);
  expect(incidents(all, 'incident.opened')).toEqual([idOf(shop, 3), idOf(shop, 3)]);
});

test('that joins a rollback which fails is tried anew when it is declared again', async () => {
  const shop = story(lab, 'joins');
  for (const version of ['v1', 'v2', 'v3']) await shop.ship(version);
  lab.world.fail('ensure', 'instance.start_failed', 1);
  const held = lab.store.block('deployments.admit');
  const asked = shop.rollback();
  await held.reached;
  expect(await shop.rollback(EMERGENCY)).toMatchObject({ status: 'running' });
  held.release();
  expect(await asked).toMatchObject({ status: 'running' });
  expect((await shop.deployed(4)).outcome).toBe('failed');
  // What serves was found well, and the alarm is closed.
  await recorded(shop, 2);
  expect(await shop.rollback(EMERGENCY)).toMatchObject({ status: 'running' });
  expect((await shop.deployed(5)).outcome).toBe('shipped');
  const all = await recorded(shop, 3);
  expect(incidents(all, 'incident.opened')).toEqual([idOf(shop, 3), idOf(shop, 3)]);
  await record('target-emergency-joined', shop.target());
});

test('is no reason to wait: who goes back meanwhile does, while nobody has said yet how it stands', async () => {
  const shop = story(lab, 'slow-look');
  for (const version of ['v1', 'v2', 'v3']) await shop.ship(version);
  let found = (): void => undefined;
  const looking = new Promise<void>((resolve) => (found = resolve));
  expect(await shop.rollback(EMERGENCY)).toMatchObject({ status: 'running' });
  const looked = vi.spyOn(lab.world.provider, 'health').mockImplementation(async () => {
    await looking;
    return { probes: 1, failures: 0 };
  });
  expect((await shop.deployed(4)).outcome).toBe('shipped');
  await vi.waitUntil(() => looked.mock.calls.length > 0, 10_000);
  expect(await shop.rollback({ reason: 'further back', to: 'v1' })).toMatchObject({ status: 'running' });
  expect((await shop.deployed(5)).outcome).toBe('shipped');
  expect((await recorded(shop, 1)).map((e) => e.event_type)).toEqual(['incident.opened']);
  looked.mockRestore();
  found();
  await recorded(shop, 2);
});

test('says what is not well with what serves', async () => {
  const shop = await underWay(lab, 'unwell', 'canary 5 %');
  // What it goes back to was well when it was shipped.
  const input = await shop.begin('v2');
  await shop.watching('canary 5 %');
  lab.world.fail('health', 'provider.unavailable');
  await shop.rollback(EMERGENCY);
  await shop.ended(input);
  const [, verified] = await recorded(shop, 2);
  lab.world.fail('health', undefined);
  expect(verified?.details).toMatchObject({ ok: false, unwell: ['health was made to fail'] });
});

test('with nothing to go back to it is refused with the reason, and recorded', async () => {
  const shop = story(lab, 'first');
  await shop.ship('v1', { deployment: deploymentPlan() });
  expect(await shop.rollback(EMERGENCY)).toMatchObject({ status: 'refused', type: 'rollback.impossible' });
  const [, verified] = await recorded(shop, 2);
  expect(verified?.details).toMatchObject({ ok: true, serves: 'v1 in blue' });
});

/** v2 is live, dark: its flag was found bad. */
const bad = { verdict: { kind: 'fail', reason: 'errors' } } as never;

test('an emergency takes back also what has stayed, dark, and then no more', async () => {
  const shop = story(lab, 'dark-stays');
  await shop.ship('v0');
  await shop.ship('v1');
  lab.watching = (w) => (w.phase === 'checkout 10 %' ? bad : undefined);
  expect((await shop.ship('v2', { deployment: DARK })).outcome).toBe('rolled_back');
  expect(shop.state()?.live?.release.version).toBe('v2');
  expect(await shop.rollback(EMERGENCY)).toMatchObject({
    status: 'running',
    deployment: shop.deployment(4).workflowId,
  });
  expect((await shop.deployed(4)).outcome).toBe('shipped');
  expect(shop.state()?.live?.release.version).toBe('v1');
  expect(await shop.rollback(EMERGENCY)).toMatchObject({
    ...{ status: 'refused', type: 'emergency.over' },
    message: `${shop.deployment(4).workflowId} has put v1 back already`,
  });
  expect(shop.state()?.live?.release.version).toBe('v1');
});

test('who asks while the flag of what stays is being turned off has it taken back after that', async () => {
  const shop = story(lab, 'dark-late');
  await shop.ship('v1');
  const set = lab.store.flags.set.bind(lab.store.flags);
  let asked = false;
  lab.watching = (w) => {
    if (w.service !== shop.service || w.phase !== 'checkout 10 %') return undefined;
    vi.spyOn(lab.store.flags, 'set').mockImplementation(async (...of) => {
      await vi.waitUntil(() => asked, { timeout: 1_000 });
      await set(...of);
    });
    return bad;
  };
  const input = await shop.begin('v2', { deployment: DARK });
  await shop.reaches(2, 'going_back');
  expect(await shop.rollback(EMERGENCY)).toMatchObject({
    status: 'running',
    deployment: shop.deployment(2).workflowId,
  });
  asked = true;
  expect((await shop.ended(input)).reason).toBe('checkout is off again, and v2 stays, dark: errors');
  expect((await shop.deployed(3)).outcome).toBe('shipped');
  expect(shop.state()?.live?.release.version).toBe('v1');
  await record('target-dark-late', shop.target());
});
