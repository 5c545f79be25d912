import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readInstances, writeInstance } from '../../src/adapters/providers/process-files.js';
import { stopInstances } from '../../src/dev/instances.js';
import { until } from '../gateway/lab.js';
import { faultLab, type FaultLab } from './lab.js';
import { CANARY, auditIsWhole, service, type Service } from './service.js';

let lab: FaultLab;
beforeAll(async () => {
  lab = await faultLab();
});
afterAll(() => lab.end());

/** What runs is of these versions, all in one look. */
const running = async (shop: Service, ...versions: readonly string[]): Promise<boolean> =>
  isDeepStrictEqual((await shop.instances()).map((i) => i.version).sort(), versions);

/** The host goes down, with all its processes, and is started anew. */
async function reboot(of: readonly Service[], meanwhile: () => Promise<void> = () => Promise.resolve()) {
  await Promise.all([lab.worker.kill(), lab.killGateway()]);
  for (const shop of of) {
    for (const { process: dying } of await shop.instances()) process.kill(dying.pid, 'SIGKILL');
    await until(() => running(shop));
    for (const slot of ['blue', 'green']) {
      const directory = join(lab.stateDir, 'instances', shop.name, 'staging', slot);
      for (const note of await readInstances(directory))
        await writeInstance(directory, { ...note, boot: 'another boot' });
    }
  }
  await meanwhile();
  await lab.startGateway();
  await lab.worker.start();
}
/** As `shipway dev` ends at Ctrl-C, and is started again. */
async function ctrlC() {
  await lab.worker.kill();
  await stopInstances(lab.stateDir);
  await lab.killGateway();
  await lab.startGateway();
  await lab.worker.start();
}
const restored = async (shop: Service) =>
  (await shop.entries())
    .filter((e) => e.event_type.startsWith('live.'))
    .map((e) => `${e.event_type} ${e.version} ${e.details['role'] as string}`)
    .sort();

test.each([
  ['a reboot', 'reboot', reboot],
  ['Ctrl-C', 'ctrl-c', ctrlC],
] as const)(
  '%s in a canary and in a bake: all that served runs again, nothing is judged by it, and both ship',
  async (_, name, down) => {
    const [canary, bake] = [service(lab, `${name}-canary`), service(lab, `${name}-bake`)];
    await Promise.all([canary.ship('v1'), bake.ship('v1')]);
    // It is not ready at once: the watch begins to look before it is.
    const slow = { readyAfterMs: 3_000 };
    const runs = await Promise.all([
      canary.begin('v2', { ...slow, strategy: { ...CANARY, stepDurationMs: 10_000 } }),
      bake.begin('v2', { ...slow, bakeMs: 10_000 }),
    ]);
    await canary.phase(2, (view) => view.timeline.some(({ what }) => what.startsWith('watching canary')));
    await bake.phase(2, (view) => view.phase === 'bake');
    await down([canary, bake]);
    await until(() => running(bake, 'v1', 'v2'), 60_000);
    expect(await canary.ended(runs[0])).toMatchObject({ outcome: 'shipped' });
    expect(await bake.ended(runs[1])).toMatchObject({ outcome: 'shipped' });
    await Promise.all([canary.serves('v2'), bake.serves('v2')]);
    expect(await restored(canary)).toEqual(['live.restored v1 live', 'live.restored v2 candidate']);
    expect(await restored(bake)).toEqual(['live.restored v1 replaced', 'live.restored v2 live']);
  },
  300_000,
);

test('a candidate that crashes in its bake while no worker lives is not started by the next one: back, and held', async () => {
  const shop = service(lab, 'crashing');
  expect(await shop.ship('v1')).toMatchObject({ outcome: 'shipped' });
  const run = await shop.begin('v2', { bakeMs: 60_000 });
  await shop.phase(2, (view) => view.phase === 'bake');
  await lab.worker.kill();
  const candidate = (await shop.instances()).find((i) => i.version === 'v2');
  process.kill(candidate?.process.pid ?? NaN, 'SIGKILL');
  await lab.worker.start();
  expect(await shop.ended(run)).toMatchObject({ outcome: 'rolled_back' });
  await shop.serves('v1');
  expect(await shop.starts()).toEqual({ v1: 1, v2: 1 });
  expect((await shop.state()).holdMarks.map((m) => m.version)).toEqual(['v2']);
  expect(await restored(shop)).toEqual([]);
}, 300_000);

test('what takes long to start again holds up nobody: another service goes back meanwhile', async () => {
  const [slow, bad] = [service(lab, 'slow'), service(lab, 'bad')];
  await Promise.all([slow.ship('v1', { readyAfterMs: 20_000 }), bad.ship('v1')]);
  const run = await bad.begin('v2', { bakeMs: 60_000 });
  await bad.phase(2, (view) => view.phase === 'bake');
  await reboot([slow], async () => {
    const candidate = (await bad.instances()).find((i) => i.version === 'v2');
    process.kill(candidate?.process.pid ?? NaN, 'SIGKILL');
    await until(() => running(bad, 'v1'));
  });
  expect(await bad.ended(run)).toMatchObject({ outcome: 'rolled_back' });
  expect(await restored(slow)).toEqual([]);
  await until(async () => (await restored(slow)).length === 1, 90_000, 200);
  await Promise.all([slow.serves('v1'), bad.serves('v1')]);
}, 300_000);

test('the audit of all that', () => auditIsWhole(lab));
