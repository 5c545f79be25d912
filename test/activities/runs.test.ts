import { describe, expect, test } from 'vitest';
import { releaseDigest } from '../../activities/release-digest.js';
import { admitRun, finishRun } from '../../activities/runs.js';
import type { PipelineInput } from '../../src/domain/inputs.js';
import type { Plan, StagePlan } from '../../src/domain/plan.js';
import type { Policy } from '../../src/domain/policy.js';
import { newTarget } from '../../src/domain/target.js';
import { sha256 } from '../../src/hash.js';
import { activityOf } from '../support/activity.js';
import { RULES } from '../support/admission.js';
import { memorySecrets } from '../support/memory-secrets.js';
import { memoryArtifacts } from '../support/memory-artifacts.js';
import { memoryStore, type MemoryStore } from '../support/memory-store.js';
import { commandStage, pipelineInput, plan } from '../support/plans.js';

test('the end of a run, tried in two ways, is one entry; after a reset it is another', async () => {
  const store = memoryStore();
  const { plan: of, planHash, run } = pipelineInput(plan('v1'));
  const workflowId = `pipeline/shop/${run}`;
  const finish = (runId: string, activityId: string) =>
    activityOf(workflowId, { activityId, workflowExecution: { workflowId, runId } }).run(
      finishRun({ store }),
      {
        ...{ plan: of, planHash, run, outcome: 'shipped', reason: 'v1 is live' },
      },
    );
  await finish('first', '1');
  await finish('first', '2');
  expect(store.entries()).toHaveLength(1);
  await finish('reset', '1');
  expect(store.entries()).toHaveLength(2);
});

const kept = memoryArtifacts();
const secrets = memorySecrets();
kept.keep('source');
const policy = () =>
  Promise.resolve({ environments: { production: { identity: 'asserted', approvals: RULES } } } as const);
const taken = (store: MemoryStore, input: PipelineInput, activityId = '1') =>
  activityOf(`pipeline/shop/${input.run}`, { activityId }).run(
    admitRun({ store, policy, artifacts: kept, secrets }),
    input,
  );

const containing = (text: string): string => expect.stringContaining(text) as string;

describe('a run that ships what was built before', () => {
  const { commit } = plan('v1');
  const artifacts = [{ stage: 'build', digest: kept.keep('dist'), bytes: 1 }];
  const digest = releaseDigest('shop', artifacts);
  const release = { service: 'shop', version: '0abc', commit, digest, artifacts };
  const found = (name: string) =>
    ({ kind: 'scan', stage: name, digest: sha256(name), summary: name }) as const;
  const reusing = (more: Partial<Plan> = {}): PipelineInput => {
    const { stages, ...rest } = plan('v1', { release: digest });
    const reused = stages.map((s) => (s.kind === 'command' ? { ...s, reused: 'first' } : s));
    return pipelineInput({ ...rest, stages: reused, ...more });
  };
  /** Two runs have shipped it; the first has built it by `stages`. */
  const built = async (stages = plan('v1').stages): Promise<MemoryStore> => {
    const store = memoryStore();
    for (const run of ['first', 'second']) {
      const row = { run, pipeline: `pipeline/shop/${run}`, planHash: '', requestedBy: 'alice' };
      const admitted = { ...row, plan: run === 'first' ? plan('v1', { stages }) : reusing().plan };
      await store.runs.admit({ run: admitted, nonce: run, message: '', entries: [] });
    }
    await store.releases.save(release, 'first', [found('scan')]);
    await store.releases.save(release, 'second', [found('scan'), found('load')]);
    return store;
  };

  test('is told the release under its own version, with what all runs found, and keeps both', async () => {
    const store = await built();
    const input = reusing();
    const expected = { release: { ...release, version: 'v1' }, evidence: [found('scan'), found('load')] };
    expect(await taken(store, input)).toEqual({ identity: 'asserted', built: expected });
    expect((await store.releases.list({ service: 'shop' }))[0]).toMatchObject({
      run: input.run,
      ...expected,
    });
    expect(store.entries()).toMatchObject([
      { event_type: 'statement.accepted' },
      { event_type: 'release.reused', version: 'v1', details: { digest, commit, run: input.run } },
    ]);
    // Tried in two ways it is one entry.
    expect(await taken(store, input, '2')).toEqual({ identity: 'asserted', built: expected });
    expect(store.entries()).toHaveLength(2);
  });

  test('is refused a stage for which the gate of the run that built it had not waited', async () => {
    const stages: StagePlan[] = [
      commandStage('build'),
      commandStage('test', { needs: ['build'] }),
      { kind: 'approve', name: 'approve', needs: ['build'] },
    ];
    const beside = { schema: 3, stages } as const;
    const store = memoryStore();
    const row = { run: 'first', pipeline: 'pipeline/shop/first', planHash: '', requestedBy: 'alice' };
    const admitted = { ...row, plan: plan('v1', beside) };
    await store.runs.admit({ run: admitted, nonce: 'first', message: '', entries: [] });
    await store.releases.save(release, 'first', []);
    const reused = stages.map((s) => (s.kind === 'command' ? { ...s, reused: 'first' } : s));
    await expect(taken(store, reusing({ schema: 3, stages: reused }))).rejects.toMatchObject({
      type: 'release.unknown',
      message: containing('was built without test as this plan has it'),
    });
  });

  test.each<[string, StagePlan[], string]>([
    ['too many stages', Array.from({ length: 201 }, (_, i) => commandStage(`s${String(i)}`)), '201 stages'],
    ['two of one name', [commandStage('a'), commandStage('a')], 'two stages a'],
  ])('is refused %s', async (_, stages, why) => {
    await expect(taken(memoryStore(), pipelineInput(plan('v1', { stages })))).rejects.toMatchObject({
      type: 'plan.mismatch',
      message: containing(why),
    });
  });

  test.each<[string, Partial<Plan>, string]>([
    ['of another commit', { commit: 'd'.repeat(40) }, 'release.unknown'],
    ['of another service', { service: 'blog' }, 'release.unknown'],
    ['that nobody built', { release: sha256('none') }, 'release.unknown'],
    ['that it does not name', { release: undefined as unknown as string }, 'retry.impossible'],
  ])('is refused a release %s, and nothing is kept of it', async (_, more, type) => {
    const store = await built();
    await expect(taken(store, reusing(more))).rejects.toMatchObject({ type });
    expect(store.entries()).toEqual([]);
  });

  test.each<[string, readonly StagePlan[]]>([
    ['was skipped', [{ ...commandStage('test'), skipped: 'not on main' }, commandStage('build')]],
    ['did something else', [commandStage('test', { script: ['false'] }), commandStage('build')]],
    ['was not there', [commandStage('build')]],
  ])('is refused one for which a stage that it leaves out %s', async (_, stages) => {
    const store = await built(stages);
    await expect(taken(store, reusing())).rejects.toMatchObject({
      type: 'release.unknown',
      message: `release ${digest.slice(0, 12)} of shop was built without test as this plan has it`,
    });
    expect(store.entries()).toEqual([]);
  });

  test('is refused one whose artifacts are gone, or that is held here, before anybody is asked to approve it', async () => {
    const store = await built();
    const gone = admitRun({ store, policy, artifacts: memoryArtifacts(), secrets });
    await expect(activityOf('pipeline/shop/x').run(gone, reusing())).rejects.toMatchObject({
      type: 'release.unknown',
      message: expect.stringContaining('lacks the artifacts of build') as string,
    });
    const mark = { digest, version: 'v1', deployment: 'd', reason: 'slow', at: '2026-01-01T00:00:00Z' };
    await store.targets.save({
      ...newTarget({ service: 'shop', environment: 'production' }),
      holdMarks: [mark],
    });
    await expect(taken(store, reusing())).rejects.toMatchObject({ type: 'release.held' });
    // Whoever is told to build it anew would go past the mark unawares.
    await expect(activityOf('pipeline/shop/x').run(gone, reusing())).rejects.toMatchObject({
      type: 'release.held',
    });
    expect(store.entries()).toEqual([]);
  });
});

test('a run that was taken in is announced to where its stages may run; one that was refused, or begins with no source, is not', async () => {
  const announced: string[] = [];
  const deps = {
    store: memoryStore(),
    policy,
    secrets,
    artifacts: kept,
    announce: (commit: string) => void announced.push(commit),
  };
  const away = admitRun({ ...deps, artifacts: memoryArtifacts() });
  await expect(activityOf('pipeline/shop/x').run(away, pipelineInput(plan('v1')))).rejects.toMatchObject({
    type: 'source.invalid',
    message: 'the source of the run is not kept, or not any more',
  });
  const admit = (input: PipelineInput, runId: string) =>
    activityOf(`pipeline/shop/${input.run}`, {
      workflowExecution: { workflowId: `pipeline/shop/${input.run}`, runId },
    }).run(admitRun(deps), input);
  const input = pipelineInput(plan('v1'));
  expect(await admit(input, 'first')).toEqual({ identity: 'asserted' });
  expect(announced).toEqual([input.plan.commit]);
  await expect(admit({ ...input, run: 'another' }, 'second')).rejects.toMatchObject({
    type: 'statement.refused',
  });
  const { stages } = input.plan;
  const without = stages.map((s) => (s.kind === 'command' ? { ...s, skipped: 'not for this branch' } : s));
  await admit(pipelineInput(plan('v2', { stages: without })), 'third');
  expect(announced).toHaveLength(1);
});

test('a run is refused whose plan has channels told that the policy does not define', async () => {
  const [work, deploy] = [plan('v1').stages.slice(0, -1), plan('v1').stages.at(-1)];
  if (deploy?.kind !== 'deploy') throw new Error('the last stage is no deployment');
  const telling = (...notificationChannels: string[]) =>
    pipelineInput(
      plan('v1', {
        stages: [...work, { ...deploy, deployment: { ...deploy.deployment, notificationChannels } }],
      }),
    );
  const { environments } = await policy();
  const ops = { kind: 'slack', webhook: 'SHIPWAY_NOTIFY_OPS' } as const;
  const rules = { environments, notifications: { channels: { ops }, pageEveryMs: 1 } };
  const admit = (input: PipelineInput, of: Policy) =>
    activityOf(`pipeline/shop/${input.run}`).run(
      admitRun({ store: memoryStore(), policy: () => Promise.resolve(of), artifacts: kept, secrets }),
      input,
    );
  await expect(admit(telling('ops', 'toString'), rules)).rejects.toMatchObject({
    type: 'policy.unknown_channel',
    message: containing('has toString told of production, and the policy has no such channel; it has ops'),
  });
  await expect(admit(telling('ops'), { environments })).rejects.toMatchObject({
    message: containing('the policy has no channels'),
  });
  expect(await admit(telling('ops'), rules)).toEqual({ identity: 'asserted' });
});
