import { describe, expect, test } from 'vitest';
import { afterEnd, afterLoss, recoveryFrom, type DeploymentEnd } from '../../src/domain/aftermath.js';
import { heldDigests, markOn, type TargetState } from '../../src/domain/target.js';
import { configurationOf, live, row, state } from './records.js';

const V1 = live('v1', 'blue', '1');
const V2 = live('v2', 'green', '2');
const AT = '2026-02-02T00:00:00.000Z';
const end = (of: Partial<DeploymentEnd>): DeploymentEnd => ({
  ...{ deployment: '2', outcome: 'shipped', reason: 'why', judgedBad: false, knownGood: false, ...of },
});

describe('the end of deployment 2, which ships v2', () => {
  const ended = (of: TargetState, how: Partial<DeploymentEnd>): TargetState =>
    afterEnd(of, end(how), row('2', 'v2'), AT);

  test('passed its bake: what is live is known good', () => {
    expect(ended(state(V2, V1), { knownGood: true })).toEqual(state(V2, V2));
  });
  test('passed its bake, but another is live meanwhile: nothing changes', () => {
    expect(ended(state(V1, V1), { knownGood: true })).toEqual(state(V1, V1));
  });
  test.each<[string, Partial<DeploymentEnd>]>([
    ['it shipped without a bake that says something', {}],
    ['a person went back', { outcome: 'rolled_back' }],
    ['a person aborted', { outcome: 'aborted' }],
    ['it failed on its way, whatever the rules said', { outcome: 'failed', judgedBad: true }],
  ])('%s: nothing changes', (_, how) => {
    expect(ended(state(V1, V1), how)).toEqual(state(V1, V1));
  });
  test('the rules rolled it back: held, with why and when, once', () => {
    const bad = { outcome: 'rolled_back', judgedBad: true, reason: 'errors' } as const;
    const { digest } = V2.release;
    const mark = { digest, version: 'v2', deployment: '2', reason: 'errors', at: AT };
    const other = { ...mark, digest: 'other', version: 'v0' };
    const before = { ...state(V1, V1), holdMarks: [{ ...mark, reason: 'earlier' }, other] };
    expect(ended(before, bad)).toEqual({ ...state(V1, V1), holdMarks: [other, mark] });
  });
  test('the rules rolled back another configuration of what serves: that configuration is held', () => {
    const serving = { ...V1, release: V2.release };
    const [mark] = ended(state(serving, serving), { outcome: 'rolled_back', judgedBad: true }).holdMarks;
    expect(mark).toMatchObject({ digest: V2.release.digest, configuration: configurationOf('v2') });
    expect(markOn(mark ? [mark] : [], V2.release.digest, configurationOf('v2'))).toBe(mark);
    expect(markOn(mark ? [mark] : [], V2.release.digest, configurationOf('v3'))).toBeUndefined();
    expect(heldDigests(mark ? [mark] : [])).toEqual([]);
  });
  test('passed its bake, held before, as it was configured and as a whole: held no more', () => {
    const mark = { digest: V2.release.digest, version: 'v2', deployment: '1', reason: 'errors', at: AT };
    const marks = [{ ...mark, configuration: configurationOf('v2') }, mark];
    expect(ended({ ...state(V2, V1), holdMarks: marks }, { knownGood: true })).toEqual(state(V2, V2));
  });
  test('the rules rolled it back, and its record could not be put back: it is held as a whole', () => {
    const [mark] = ended(state(V2, V1), { outcome: 'rolled_back', judgedBad: true }).holdMarks;
    expect(mark).toMatchObject({ digest: V2.release.digest });
    expect(mark).not.toHaveProperty('configuration');
  });
});

describe('deployment 2 was lost', () => {
  const lost = row('2', 'v2', { replaces: 'v1' });

  test.each<[string, TargetState, TargetState]>([
    ['before its promotion: all is as it was', state(V1, V1), state(V1, V1)],
    ['after its promotion: what was known good is live', state(V2, V1), state(V1, V1)],
    ['after its promotion, with nothing known good: nothing is live', state(V2), state()],
    ['as the first one, before its promotion', state(), state()],
  ])('%s', (_, before, after) => {
    expect(afterLoss(before, '2')).toEqual(after);
  });

  test.each<[string, TargetState, ReturnType<typeof recoveryFrom>]>([
    [
      'before its promotion: what serves is put back, with its own configuration',
      state(V1, V1),
      {
        release: V1.release,
        plan: { ...lost.plan, configuration: V1.configuration },
        candidate: 'green',
        replaces: V1,
      },
    ],
    [
      'after its promotion: what was known good is put back',
      state(V2, V1),
      {
        release: V1.release,
        plan: { ...lost.plan, configuration: V1.configuration },
        candidate: 'green',
        replaces: V1,
      },
    ],
    [
      'with nothing to put back: what it left is taken away',
      state(V2),
      { release: lost.release, plan: lost.plan, candidate: 'blue' },
    ],
  ])('%s', (_, before, recovery) => {
    expect(recoveryFrom(before, lost)).toEqual(recovery);
  });
});
