import assert from 'node:assert/strict';
import type { Instance } from '../domain/ports.js';
import type { InstanceUsage, SlotUsage } from '../domain/usage.js';
import { heeded, type Check } from './check.js';
import type { ProviderHarness } from './provider.js';
import { TARGET, ask, never } from './world.js';

const MiB = 1024 ** 2;

async function usage({ provider }: ProviderHarness, by = provider): Promise<SlotUsage> {
  assert.ok(by.usage !== undefined, 'the provider has no method usage');
  return by.usage(TARGET, 'blue', never);
}
const ensured = async (h: ProviderHarness): Promise<readonly Instance[]> =>
  h.provider.ensure(TARGET, 'blue', await h.release('1.0.0'), h.configuration({ replicas: 2 }), never);

const named = ({ id, startedAt }: Instance | InstanceUsage): string => `${id} ${startedAt}`;
const ofInstance = ({ instances }: SlotUsage, one: Instance | undefined): InstanceUsage => {
  const found = instances.find(({ id }) => id === one?.id);
  assert.ok(found, `nothing is said of ${one?.id ?? 'it'}`);
  return found;
};

/**
 * What a provider promises that carries `usage`. The harness's service answers two things more: `/burn` when it has computed for half a
 * second of a processor's time, and `/take` when it has and keeps 64 MiB more.
 */
export const usageProviderChecks: readonly Check<ProviderHarness>[] = [
  {
    name: 'usage: of each instance the time that it has computed since its start, and the memory that it has; the same by another worker',
    async run(h) {
      const [busy, idle] = await ensured(h);
      const from = Date.now();
      const before = await usage(h);
      assert.ok(
        before.at >= from - 5 && before.at <= Date.now() + 5,
        `asked at ${String(from)}: ${String(before.at)}`,
      );
      assert.deepEqual(
        before.instances.map(named).sort(),
        [busy, idle]
          .flatMap((i) => i ?? [])
          .map(named)
          .sort(),
      );
      for (const path of ['/burn', '/take']) await ask(busy?.url ?? '', path);
      const after = await usage(h, h.other);
      const more = (key: 'cpuMs' | 'memoryBytes', of: Instance | undefined): number =>
        ofInstance(after, of)[key] - ofInstance(before, of)[key];
      assert.ok(more('cpuMs', busy) >= 450, `it computed for 500 ms: ${String(more('cpuMs', busy))}`);
      assert.ok(more('cpuMs', idle) < 450, `it did nothing: ${String(more('cpuMs', idle))} ms`);
      assert.ok(
        more('memoryBytes', busy) >= 48 * MiB,
        `it took 64 MiB: ${String(more('memoryBytes', busy))}`,
      );
      assert.ok(more('memoryBytes', idle) < 48 * MiB, `it took none: ${String(more('memoryBytes', idle))}`);
    },
  },
  {
    name: 'usage: of what is gone nothing; what is started in its place counts from its own start; an abort is heeded',
    async run(h) {
      assert.deepEqual((await usage(h)).instances, []);
      const [busy, other] = await ensured(h);
      await ask(busy?.url ?? '', '/burn');
      const { cpuMs } = ofInstance(await usage(h), busy);
      await h.kill(busy?.id ?? '');
      assert.deepEqual((await usage(h)).instances.map(named), [other].flatMap((i) => i ?? []).map(named));
      const fresh = (await ensured(h)).find((i) => named(i) !== named(other ?? i));
      const begun = ofInstance(await usage(h), fresh);
      assert.notEqual(named(begun), busy && named(busy));
      assert.ok(
        begun.cpuMs < cpuMs,
        `${String(begun.cpuMs)} ms at its start, and the one before it ${String(cpuMs)}`,
      );
      await heeded([async (signal) => h.provider.usage?.(TARGET, 'blue', signal)]);
    },
  },
];
