import { expect, test } from 'vitest';
import type { Plan } from '../../src/domain/plan.js';
import { sha256 } from '../../src/hash.js';
import { plan } from '../support/plans.js';
import { storeOfFile } from './of-file.js';

const { store } = await storeOfFile();
const digest = 'a'.repeat(64);
const release = { service: 'shop', version: 'v1', commit: 'c0ffee', digest, artifacts: [] };

test('releases are kept once a run, newest first, by service', async () => {
  const evidence = [{ kind: 'scan', stage: 'scan', digest, summary: 'nothing found' }] as const;
  await store.releases.save(release, 'r1', evidence);
  for (const [run, of] of Object.entries({ r1: {}, r2: { version: 'v2' }, r3: { service: 'blog' } }))
    await store.releases.save({ ...release, ...of }, run, []);
  const list = await store.releases.list({ service: 'shop' });
  expect(list.map((r) => `${r.release.version} ${r.run}`)).toEqual(['v2 r2', 'v1 r1']);
  expect(list[1]).toMatchObject({ release, evidence });
  const more = [...evidence, { ...evidence[0], stage: 'load' }];
  await store.releases.save(release, 'r1', more);
  expect((await store.releases.list({ service: 'shop' }))[1]?.evidence).toEqual(more);
  await store.releases.save({ ...release, commit: 'd'.repeat(40), digest: sha256('other') }, 'r4', []);
  const runs = async (filter: object) =>
    (await store.releases.list({ service: 'shop', ...filter })).map(({ run }) => run);
  expect(await runs({ commit: 'd'.repeat(40), limit: 2 })).toEqual(['r4']);
  expect(await runs({ digest: release.digest })).toEqual(['r2', 'r1']);
  expect(await runs({ limit: 2 })).toEqual(['r4', 'r2']);
  expect(Date.now() - Date.parse(list[1]?.createdAt ?? '')).toBeLessThan(60_000);
});

test('the plans of all runs of a release are found, each once, however many use it', async () => {
  const of = { service: 'used', commit: 'c0ffee', digest };
  const planOf = (version: string) => plan(version, { service: 'used' });
  const begun = async (run: string, its: Plan, more: Partial<typeof release> = {}) => {
    const row = { run, pipeline: `pipeline/used/${run}`, plan: its, planHash: '', requestedBy: 'alice' };
    await store.runs.admit({ run: row, nonce: `used ${run}`, message: '', entries: [] });
    await store.releases.save({ ...release, ...of, ...more }, run, []);
  };
  await begun('first', planOf('v1'));
  for (const name of ['b', 'c']) await begun(name, planOf('v2'));
  await begun('d', planOf('v3'), { digest: sha256('other') });
  await begun('e', planOf('v4'), { commit: 'd'.repeat(40) });
  for (let n = 0; n < 1_001; n++)
    await store.releases.save({ ...release, ...of }, `unknown-${String(n)}`, []);
  const found = await store.releases.plans(of);
  expect(found.map(({ version }) => version).sort()).toEqual(['v1', 'v2']);
  expect(found).toContainEqual(planOf('v1'));
});
