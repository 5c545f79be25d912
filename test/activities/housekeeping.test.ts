import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { contentRemoved } from '../../activities/content-removed.js';
import { recordsRemoved } from '../../activities/housekeeping.js';
import { localArtifacts } from '../../src/adapters/artifacts/local.js';
import { canonical } from '../../src/domain/canonical.js';
import type { ArtifactStore } from '../../src/domain/ports.js';
import type { Policy } from '../../src/domain/policy.js';
import { DEFAULT_RETENTION } from '../../src/domain/retention.js';
import { newTarget } from '../../src/domain/target.js';
import { activityOf } from '../support/activity.js';
import { live, REF } from '../support/admission.js';
import { memoryStore } from '../support/memory-store.js';

const DAY_MS = 86_400_000;
let folder: string;
let artifacts: ArtifactStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'housekeeping-'));
  artifacts = localArtifacts({ directory: folder });
});
afterEach(() => rm(folder, { recursive: true }));

async function* bytes(text: string): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}
async function kept(text: string, days = 2): Promise<string> {
  const { digest } = await artifacts.put(bytes(text));
  const then = new Date(Date.now() - days * DAY_MS);
  await utimes(join(folder, 'sha256', digest.slice(0, 2), digest), then, then);
  return digest;
}

interface Known {
  readonly named?: readonly string[];
  readonly logged?: readonly string[];
  readonly evidence?: readonly string[];
  readonly runs?: readonly { readonly workflowId: string; readonly startTime: Date }[];
}
function deps({ named = [], logged = [], evidence = [], runs = [] }: Known = {}) {
  const store = memoryStore();
  const asked: object[] = [];
  const list = async function* () {
    yield* await Promise.resolve(runs);
  };
  return {
    asked,
    store: {
      ...store,
      old: {
        ...store.old,
        named: (of: object) => (asked.push(of), Promise.resolve(named)),
        evidence: () => Promise.resolve(evidence),
        logged: (digests: readonly string[]) => Promise.resolve(digests.filter((d) => logged.includes(d))),
      },
    },
    artifacts,
    client: { workflow: { list } } as unknown as Client,
    policy: () => Promise.resolve({ environments: {} } satisfies Policy),
  };
}
const by = 'shipway-housekeeping';

describe('content', () => {
  test('goes when nothing names it, it is no kept output, and nobody has asked for it within a day', async () => {
    const [free, named, logged] = [await kept('free'), await kept('named'), await kept('logged')];
    const young = await kept('young', 0.9);
    const asked = await kept('asked for');
    await artifacts.has(asked);
    const d = deps({ named: [named], logged: [logged] });
    const result = { removed: { count: 1, bytes: 4 }, kept: { named: 2, young: 2 } };
    expect(await activityOf(by).run(contentRemoved(d), { dryRun: true })).toEqual(result);
    expect(await artifacts.remove(free, 0)).toBe(false);
    expect(await activityOf(by).run(contentRemoved(d), { dryRun: false })).toEqual(result);
    const left: string[] = [];
    for await (const { digest } of artifacts.list()) left.push(digest);
    expect(left).toEqual([named, logged, young, asked].sort());
    expect(d.asked[0]).toMatchObject({ open: [] });
  });

  test('stays when the evidence of a release was read from it', async () => {
    const [file, other] = [await kept('<testsuites/>'), await kept('<testsuite/>')];
    const files = [{ path: 'junit.xml', digest: file, bytes: 13 }];
    const report = await kept(canonical({ kind: 'junit', stage: 'test', files }));
    const d = deps({ named: [report, 'f'.repeat(64)], evidence: [report, 'f'.repeat(64)] });
    expect(await activityOf(by).run(contentRemoved(d), { dryRun: false })).toMatchObject({
      ...{ removed: { count: 1 }, kept: { named: 1, young: 1 } },
    });
    expect([await artifacts.has(file), await artifacts.has(other)]).toEqual([true, false]);
  });

  test('stays when it is younger than the oldest open run: what its stages make is named by nothing yet', async () => {
    const [before, during] = [await kept('before', 6), await kept('during', 4)];
    const startTime = new Date(Date.now() - 5 * DAY_MS);
    const d = deps({ runs: [{ workflowId: 'pipeline/shop/r1', startTime }] });
    expect(await activityOf(by).run(contentRemoved(d), { dryRun: false })).toMatchObject({
      removed: { count: 1 },
    });
    expect([await artifacts.has(before), await artifacts.has(during)]).toEqual([false, true]);
    expect(d.asked[0]).toMatchObject({ open: ['pipeline/shop/r1'] });
  });

  test('cut off in the middle, the next attempt goes on where it was', async () => {
    for (let i = 0; i < 250; i++) await kept(`one of many ${String(i)}`);
    const d = deps();
    const first = activityOf(by);
    let gone = 0;
    d.artifacts = {
      ...artifacts,
      remove: (...of) => {
        if ((gone += 1) === 150) first.env.cancel();
        return artifacts.remove(...of);
      },
    };
    await expect(first.run(contentRemoved(d), { dryRun: false })).rejects.toThrow();
    const heartbeatDetails = { after: 'f'.repeat(64), count: 7, bytes: 70, named: 0, young: 0 };
    const last = activityOf(by, { heartbeatDetails });
    expect(await last.run(contentRemoved(deps()), { dryRun: false })).toMatchObject({
      removed: { count: 7 },
    });
    const rest = await activityOf(by).run(contentRemoved(deps()), { dryRun: false });
    expect(rest.removed.count).toBe(50);
  });
});

test('pages of old rows are looked at to the last, and what is in use stays', async () => {
  const d = deps({ runs: [{ workflowId: 'pipeline/shop/run-101', startTime: new Date() }] });
  await d.store.targets.save({ ...newTarget(REF), live: live('v1', 'blue'), host: 'host-1' });
  const runs = Array.from({ length: 150 }, (_, i) => `run-${String(i).padStart(3, '0')}`);
  const removed: string[] = [];
  const old = {
    ...d.store.old,
    logs: ({ after = '', limit }: { after?: string; limit: number }) =>
      Promise.resolve(
        runs
          .filter((run) => run > after)
          .slice(0, limit)
          .map((run) => ({ run, chunks: 2 })),
      ),
    removeLogs: (some: readonly string[]) => (removed.push(...some), Promise.resolve()),
  };
  const run = (dryRun: boolean) =>
    activityOf(by).run(recordsRemoved({ ...d, store: { ...d.store, old } }), { dryRun });
  const { removed: would } = await run(true);
  expect([would.logs, removed]).toEqual([{ count: 298 }, []]);
  expect(await run(false)).toMatchObject({
    ...{ removed: { logs: { count: 298 } }, kept: { logs: { under_way: 1 } } },
    ...{ hosts: ['host-1'], keep: [live('v1', 'blue').release.digest], cachesMs: DEFAULT_RETENTION.cachesMs },
  });
  expect(removed).toEqual(runs.filter((r) => r !== 'run-101'));
});
