import { describe, expect, test } from 'vitest';
import { keptFor } from '../../activities/kept.js';
import type { Plan } from '../../src/domain/plan.js';
import type { RunEnd } from '../../src/domain/store.js';
import { sha256 } from '../../src/hash.js';
import { memoryArtifacts } from '../support/memory-artifacts.js';
import { memoryStore } from '../support/memory-store.js';
import { commandStage, plan } from '../support/plans.js';

const artifacts = memoryArtifacts();
const made = (text: string, stage = 'build') => ({ stage, digest: artifacts.keep(text), bytes: 1 });
const PASSED: RunEnd['passed'] = [
  {
    stage: 'test',
    evidence: [{ kind: 'scan', stage: 'test', digest: artifacts.keep('seen'), summary: 'seen' }],
  },
  { stage: 'build', artifacts: made('dist'), evidence: [] },
];

/** A first run of `then` that has passed `passed`, and what a second one takes over by the plan `now`. */
async function kept(now: Plan, passed = PASSED, then = plan('v1')) {
  const store = memoryStore();
  const row = {
    run: 'first',
    pipeline: 'pipeline/shop/first',
    plan: then,
    planHash: '',
    requestedBy: 'alice',
  };
  await store.runs.admit({ run: row, nonce: 'n', message: 'm', entries: [] });
  await store.runs.finish(row.pipeline, { outcome: 'failed', passed });
  return keptFor({ store, artifacts }, now);
}
const leaving = (names: readonly string[], of = plan('v1')): Plan => ({
  ...of,
  stages: of.stages.map((s) => (names.includes(s.name) ? { ...s, reused: 'first' } : s)),
});

describe('what a run that is tried again takes over', () => {
  test('is what its stages have made in the run before', async () => {
    expect(await kept(leaving(['test', 'build']))).toEqual({
      artifacts: [PASSED[1]?.artifacts],
      evidence: PASSED[0]?.evidence,
    });
    expect(await kept(leaving(['test']))).toEqual({ artifacts: [], evidence: PASSED[0]?.evidence });
    expect(await kept(plan('v1'))).toBeUndefined();
    expect(await kept({ ...leaving(['test']), release: sha256('a release') })).toBeUndefined();
  });

  const lint = plan('v1', { stages: [commandStage('test'), commandStage('lint')] });
  test.each<[string, Parameters<typeof kept>, string]>([
    ['a stage that has not passed', [leaving(['test']), []], 'run first has not passed test'],
    ['a stage that it does not have', [leaving(['lint'], lint)], 'run first has not passed lint'],
    [
      'a stage that does something else now',
      [leaving(['test'], plan('v1', { stages: [commandStage('test', { script: ['false'] })] }))],
      'has not passed test as it is now',
    ],
    [
      'another commit',
      [{ ...leaving(['test']), commit: 'd'.repeat(40) }],
      'has not passed test as it is now',
    ],
    ['another service', [{ ...leaving(['test']), service: 'blog' }], 'run first has not passed test'],
    [
      'artifacts that are gone',
      [
        leaving(['build']),
        [{ stage: 'build', artifacts: { ...made('x'), digest: sha256('gone') }, evidence: [] }],
      ],
      'the artifacts of build are not kept any more',
    ],
    [
      'what was given what another run has made',
      [
        {
          ...plan('v1'),
          stages: [
            { ...commandStage('build'), reused: 'zeroth' },
            { ...commandStage('pack'), reused: 'first' },
          ],
        },
        [{ stage: 'pack', evidence: [] }],
        plan('v1', { stages: [commandStage('build'), commandStage('pack')] }),
      ],
      'run zeroth has not passed build',
    ],
    [
      'what was given something that runs again',
      [
        leaving(['pack'], plan('v1', { stages: [commandStage('build'), commandStage('pack')] })),
        [{ stage: 'pack', evidence: [] }],
        plan('v1', { stages: [commandStage('build'), commandStage('pack')] }),
      ],
      'pack was given what build made, which runs again',
    ],
  ])('is not %s', async (_, given, why) => {
    await expect(kept(...given)).rejects.toMatchObject({
      type: 'retry.impossible',
      message: expect.stringContaining(why) as string,
    });
  });
});
