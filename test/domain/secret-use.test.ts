import { describe, expect, test } from 'vitest';
import { usesOf } from '../../src/domain/secret-use.js';
import { newTarget, type TargetState } from '../../src/domain/target.js';
import { live, REF } from '../support/admission.js';
import { deploymentPlan } from '../support/plans.js';

const path = 'shop/key';
const configuration = (version?: number) => ({
  ...deploymentPlan().configuration,
  secrets: { KEY: { secret: path, ...(version === undefined ? {} : { version }) } },
});
const serving = (version?: number) => ({ ...live('v1', 'blue'), configuration: configuration(version) });
const planned = (version?: number) => ({
  plan: { ...deploymentPlan(), configuration: configuration(version) },
});

interface Case {
  readonly state?: Partial<TargetState>;
  readonly open?: Parameters<typeof usesOf>[1];
  readonly back?: ReturnType<typeof planned>;
}
const BY = `${REF.service} in ${REF.environment}`;

describe('a version of a secret is used by', () => {
  test.each<[string, Case, readonly (readonly [number, string])[]]>([
    ['nothing', {}, []],
    ['what serves', { state: { live: serving(1) } }, [[1, `${BY} (live)`]]],
    ['what is known good', { state: { knownGood: serving(2) } }, [[2, `${BY} (known good)`]]],
    ['what a rollback goes to', { back: planned(3) }, [[3, `${BY} (to go back to)`]]],
    ['what is being deployed', { open: [planned(4)] }, [[4, `${BY} (being deployed)`]]],
    [
      'several at once, each said once',
      { state: { live: serving(1), knownGood: serving(1) }, open: [planned(1), planned(1), planned(2)] },
      [
        [1, `${BY} (live, known good, being deployed)`],
        [2, `${BY} (being deployed)`],
      ],
    ],
    ['nothing that has no version yet', { open: [planned()] }, []],
  ])('%s', (_, { state, open, back }, expected) => {
    expect(usesOf({ ...newTarget(REF), ...state }, open, back)).toEqual(
      expected.map(([version, by]) => ({ path, version, by })),
    );
  });
});
