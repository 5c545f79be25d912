import { describe, expect, test } from 'vitest';
import { refuseOutdated } from '../../activities/outdated.js';
import { admitRun } from '../../activities/runs.js';
import { newTarget, type TargetState } from '../../src/domain/target.js';
import { activityOf } from '../support/activity.js';
import { admissionLab, live, REF, request, RULES, TWO } from '../support/admission.js';
import { memorySecrets } from '../support/memory-secrets.js';
import { memoryArtifacts } from '../support/memory-artifacts.js';
import { memoryStore } from '../support/memory-store.js';
import { pipelineInput, plan } from '../support/plans.js';

const [v1, v2, v3] = ['v1', 'v2', 'v3'].map((version) => plan(version).commit) as [string, string, string];
const serving = (version: string): TargetState => ({ ...newTarget(REF), live: live(version, 'blue') });

/** v2 is live, and follows v1; `listed`: what its run listed as what it follows. */
async function known(listed: string | undefined, { kept = true, named = '' } = {}) {
  const [store, artifacts] = [memoryStore(), memoryArtifacts()];
  artifacts.keep('source');
  const listedIn = kept ? artifacts : memoryArtifacts();
  const ancestors = listed === undefined ? undefined : named || listedIn.keep(listed);
  const run = { run: 'second', plan: plan('v2'), planHash: '', requestedBy: 'alice' };
  await store.runs.admit({
    run: { ...run, pipeline: 'pipeline/shop/second', ...(ancestors === undefined ? {} : { ancestors }) },
    nonce: 'n',
    message: '',
    entries: [],
  });
  await store.releases.save(live('v2', 'blue').release, 'second', []);
  return { store, artifacts };
}
const LIST = `${'0'.repeat(40)}\n${v1}\n`;
const check = (of: Awaited<ReturnType<typeof known>>, commit: string, state = serving('v2')): Promise<void> =>
  activityOf('target/shop/production').run(() => refuseOutdated(of, { commit, version: 'v1' }, state));

describe('a commit is outdated', () => {
  test('when what serves follows it', async () => {
    await expect(check(await known(LIST), v1)).rejects.toMatchObject({
      type: 'run.outdated',
      message: 'v1 is older than v2, which serves production and follows it',
    });
  });

  test.each<[string, string | undefined, string, TargetState?]>([
    ['the same commit', `${LIST}${v2}\n`, v2],
    ['a newer one, or one of another branch', LIST, v3],
    ['half a commit', LIST, v1.slice(0, 20)],
    ['any, when nothing serves', LIST, v1, newTarget(REF)],
    ['any, when another release serves, of which nothing is known', LIST, v1, serving('v3')],
    ['any, when its run listed nothing', undefined, v1],
    ['any, when what is listed is no list', `${LIST}${'x'.repeat(2 * 1024 ** 2)}`, v1],
  ])('not %s', async (_, listed, commit, state) => {
    await check(await known(listed), commit, state);
  });

  test('not any, when the list is not kept any more, cannot be read, or is named by no digest', async () => {
    await check(await known(LIST, { kept: false }), v1);
    const of = await known(LIST);
    const broken = {
      get: () => Promise.reject(new Error('EIO')),
      has: (digest: string) => of.artifacts.has(digest),
    };
    await check({ ...of, artifacts: { ...of.artifacts, ...broken } }, v1);
    await check(await known(LIST, { named: '../etc/passwd' }), v1);
  });
});

const policy = () =>
  Promise.resolve({ environments: { production: { identity: 'asserted', approvals: RULES } } } as const);

test('a run of it is not taken in, and nothing is kept of it', async () => {
  const of = await known(LIST);
  await of.store.targets.save(serving('v2'));
  const input = pipelineInput(plan('v1'));
  const admitted = activityOf(`pipeline/shop/${input.run}`).run(
    admitRun({ ...of, policy, secrets: memorySecrets() }),
    input,
  );
  await expect(admitted).rejects.toMatchObject({ type: 'run.outdated', nonRetryable: true });
  expect(of.store.entries()).toEqual([]);
  const newer = pipelineInput(plan('v3'));
  const taken = activityOf(`pipeline/shop/${newer.run}`).run(
    admitRun({ ...of, policy, secrets: memorySecrets() }),
    newer,
  );
  expect(await taken).toEqual({ identity: 'asserted' });
});

test('one that has waited behind a newer one is refused when its turn comes', async () => {
  const lab = admissionLab();
  await lab.state({ live: live('v2', 'blue') });
  const run = { run: 'second', plan: plan('v2'), planHash: '', requestedBy: 'alice' };
  const ancestors = lab.artifacts.keep(`${request.release.commit}\n`);
  const row = { ...run, pipeline: 'pipeline/shop/second', ancestors };
  await lab.store.runs.admit({ run: row, nonce: 'other', message: '', entries: [] });
  await lab.store.releases.save(live('v2', 'blue').release, 'second', []);
  await expect(lab.admit(TWO)).rejects.toMatchObject({ type: 'run.outdated', nonRetryable: true });
  expect(lab.store.openPermits()).toEqual([]);
});
