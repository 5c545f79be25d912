import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Evidence, EvidenceKind } from '../../src/domain/release.js';
import { newTarget } from '../../src/domain/target.js';
import type { Sample } from '../../src/domain/watching.js';
import { sha256 } from '../../src/hash.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { live } from '../support/admission.js';
import { requestFor, runFor } from '../support/plans.js';
import { storeOfFile } from './of-file.js';

const { store, url } = await storeOfFile();
const owner = new Client({ connectionString: url });
beforeAll(() => owner.connect());
afterAll(() => owner.end());

const BEFORE = new Date(Date.now() - 3_600_000).toISOString();
const KEPT = { before: BEFORE, open: [] };
const OLD = new Date(Date.now() - 7_200_000).toISOString();
const age = (table: string, column: string, where: string): Promise<unknown> =>
  owner.query(`UPDATE shipway.${table} SET ${column} = $1 WHERE ${where}`, [OLD]);
const page = (after?: string) => ({ before: BEFORE, limit: 10, ...(after === undefined ? {} : { after }) });
const chunk = (run: string, seq: number) => ({
  ...{ run, stage: 'test', attempt: 1, seq, digest: sha256(`${run} ${String(seq)}`), bytes: 1, last: false },
});

test('output is old when all of a run is, and is named by digest while it is there', async () => {
  for (const run of ['r1', 'r2', 'r3']) for (const seq of [0, 1]) await store.logs.add(chunk(run, seq));
  await age('log_chunks', 'created_at', "run IN ('r1', 'r2') OR seq = 0");
  expect(await store.old.logs(page())).toEqual([
    { run: 'r1', chunks: 2 },
    { run: 'r2', chunks: 2 },
  ]);
  expect(await store.old.logs({ ...page(), limit: 1 })).toHaveLength(1);
  expect(await store.old.logs(page('r1'))).toEqual([{ run: 'r2', chunks: 2 }]);
  await store.old.removeLogs(['r1']);
  const digests = [chunk('r1', 0), chunk('r2', 0), chunk('r3', 1)].map(({ digest }) => digest);
  expect([...(await store.old.logged(digests))].sort()).toEqual(digests.slice(1).sort());
});

test('samples are old when all of a deployment are', async () => {
  const at = (deployment: string, instant: string) =>
    ({ deployment, phase: 'bake', at: instant, trigger: 'error_rate' }) as unknown as Sample;
  const now = new Date().toISOString();
  await store.samples.add([at('d1', OLD), at('d2', OLD), at('d2', now)]);
  expect(await store.old.samples(page())).toEqual([{ deployment: 'd1', samples: 1 }]);
  await store.old.removeSamples(['d1']);
  expect(await store.samples.list('d1')).toEqual([]);
  expect(await store.samples.list('d2')).toHaveLength(2);
});

test('a release is old when nobody has built, shipped or replaced it since', async () => {
  const REF = { service: 'shop', environment: 'production' };
  const release = (version: string) => ({
    ...{ service: 'shop', version, commit: 'c', digest: sha256(version), artifacts: [] },
  });
  for (const version of ['v1', 'v2', 'v3', 'v4']) await store.releases.save(release(version), version, []);
  await age('releases', 'created_at', 'true');
  await admitRow(store, rowOf(REF, 1, { release: release('v2'), replaces: release('v3') }));
  expect(await store.old.releases(page())).toEqual(
    ['v1', 'v4']
      .map((version) => ({ service: 'shop', digest: sha256(version), runs: [version] }))
      .sort((a, b) => (a.digest < b.digest ? -1 : 1)),
  );
  const end = (endedAt: string) => JSON.stringify({ endedAt, outcome: 'shipped', reason: '' });
  await owner.query('UPDATE shipway.deployments SET ending = $1', [end(OLD)]);
  const all = await store.old.releases(page());
  expect(all).toHaveLength(4);
  await store.releases.save(release('v1'), 'again', []);
  await store.old.removeReleases(all, BEFORE);
  expect((await store.releases.list({ service: 'shop' })).map(({ run }) => run)).toEqual(['again', 'v1']);
});

test('what is named by rows that are kept is told, and not what old runs had', async () => {
  const of = (text: string) => sha256(`named ${text}`);
  const artifact = { stage: 'build', digest: of('artifact'), bytes: 1 };
  const release = {
    service: 'blog',
    version: 'v1',
    commit: 'c',
    digest: of('release'),
    artifacts: [artifact],
  };
  const scan = { kind: 'scan', stage: 'scan', digest: of('evidence'), summary: '' } as const;
  await store.releases.save(release, 'r', [scan]);
  const served = live('v1', 'blue');
  const lives = { ...served.release, artifacts: [{ ...artifact, digest: of('live') }] };
  const target = { ...newTarget({ service: 'blog', environment: 'x' }), live: { ...served, release: lives } };
  await store.targets.save(target);
  for (const [run, source] of [
    ['old', 'source'],
    ['open', 'open source'],
    ['new', 'new source'],
  ] as const) {
    const request = {
      ...requestFor('blog', 'x', 'v1', `${run}/deploy/1`),
      run,
      pipeline: `pipeline/blog/${run}`,
    };
    await store.runs.admit({
      ...{ run: { ...runFor(request), source: of(source) }, nonce: run, message: run, entries: [] },
    });
    await store.runs.finish(request.pipeline, {
      ...{ outcome: 'failed' },
      passed: [{ stage: 'build', artifacts: { ...artifact, digest: of(`made by ${run}`) }, evidence: [] }],
    });
  }
  await age('runs', 'admitted_at', "pipeline <> 'pipeline/blog/new'");
  const named = await store.old.named({ before: BEFORE, open: ['pipeline/blog/open'] });
  const kept = ['artifact', 'evidence', 'live', 'open source', 'new source', 'made by open', 'made by new'];
  for (const text of kept) expect(named, text).toContain(of(text));
  for (const text of ['source', 'made by old']) expect(named, text).not.toContain(of(text));
});

test('evidence that was read from files is told, once, and no other', async () => {
  const of = (kind: EvidenceKind) => ({ kind, stage: kind, digest: sha256(`found by ${kind}`), summary: '' });
  const release = { service: 'shop', version: 'v9', commit: 'c', digest: sha256('v9'), artifacts: [] };
  const kinds = ['scan', 'junit', 'coverage', 'sarif', 'performance_test'] as const;
  for (const run of ['first', 'second']) await store.releases.save(release, run, kinds.map(of));
  const files = kinds.slice(1, 4).map((kind) => of(kind).digest);
  expect([...(await store.old.evidence(KEPT))].sort()).toEqual(files.sort());
});

test('what a run has found stays as long as what its stages said, also of a stage that failed', async () => {
  const of = (stage: string): Evidence => ({
    ...{ kind: 'junit', stage, digest: sha256(`${stage} of the failed`), summary: '1 failed' },
  });
  const request = { ...requestFor('till', 'x', 'v1', 'f/deploy/1'), run: 'f', pipeline: 'pipeline/till/f' };
  const run = { ...runFor(request), source: sha256('source of the failed') };
  await store.runs.admit({ run, nonce: 'f', message: 'f', entries: [] });
  const passed = [{ stage: 'unit', evidence: [of('unit')] }];
  await store.runs.finish('pipeline/till/f', { outcome: 'failed', passed, evidence: [of('browser')] });
  await age('runs', 'admitted_at', "pipeline = 'pipeline/till/f'");
  await store.logs.add(chunk('f', 0));
  const digests = [of('unit').digest, of('browser').digest];
  expect(await store.old.named(KEPT)).toEqual(expect.arrayContaining(digests));
  expect(await store.old.named(KEPT)).not.toContain(run.source);
  expect(await store.old.evidence(KEPT)).toEqual(expect.arrayContaining(digests));
  await store.old.removeLogs(['f']);
  for (const digest of digests) {
    expect(await store.old.named(KEPT)).not.toContain(digest);
    expect(await store.old.evidence(KEPT)).not.toContain(digest);
  }
});

test('what is named is read in pages, to the last', async () => {
  await owner.query(
    `INSERT INTO shipway.releases (service, version, digest, run, release, evidence)
     SELECT 'many', n::text, n::text, 'r', json_build_object('digest', encode(sha256(n::text::bytea), 'hex')), '[]'
     FROM generate_series(1, 450) AS n`,
  );
  const named = await store.old.named({ before: BEFORE, open: [] });
  for (const n of [1, 200, 201, 400, 450]) expect(named, String(n)).toContain(sha256(String(n)));
});
