import { expect, test } from 'vitest';
import { memoryReleases } from './memory-releases.js';
import { requestFor, runFor } from './plans.js';

test('in memory, too, plans are those of one service, each once', async () => {
  const { plan } = runFor(requestFor('shop', 'production', 'v1', 'r'));
  const releases = memoryReleases(() => structuredClone(plan));
  const { release } = requestFor('shop', 'production', 'v1', 'r');
  for (const run of ['v1-a', 'v1-b']) await releases.save(release, run, []);
  expect(await releases.plans(release)).toEqual([plan]);
  expect(await releases.plans({ ...release, service: 'other' })).toEqual([]);
});
