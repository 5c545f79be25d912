import { describe, expect, test } from 'vitest';
import { openGate } from '../../activities/gates.js';
import { admitRun } from '../../activities/runs.js';
import type { StagePlan } from '../../src/domain/plan.js';
import type { ApprovalPolicy } from '../../src/domain/policy.js';
import type { Evidence } from '../../src/domain/release.js';
import { sha256 } from '../../src/hash.js';
import { activityOf } from '../support/activity.js';
import { admissionLab, approved, by, decision, request, RULES } from '../support/admission.js';
import { memoryArtifacts } from '../support/memory-artifacts.js';
import { memorySecrets } from '../support/memory-secrets.js';
import { memoryStore } from '../support/memory-store.js';
import {
  commandStage,
  ownStage,
  performanceStage,
  pipelineInput,
  plan,
  scanStage,
} from '../support/plans.js';

const REQUIRING = {
  ...RULES,
  requiredApprovals: 0,
  requires: ['security_scan', 'performance_test'],
} as const;
const policy = () =>
  Promise.resolve({
    environments: { production: { identity: 'asserted' as const, approvals: REQUIRING } },
  });
const found = (kind: Evidence['kind'], verdict: 'pass' | 'fail' = 'pass'): Evidence => ({
  ...{ kind, stage: kind, digest: sha256(`${kind} ${verdict}`), summary: `what ${kind} says`, verdict },
  of: request.release.digest,
});
const BOTH = [found('scan'), found('performance_test')] as const;

describe('a deployment is admitted with the evidence that the policy requires', () => {
  const admitted = async (said: readonly Evidence[], recorded: readonly Evidence[]) => {
    const lab = admissionLab();
    lab.rules = REQUIRING;
    await lab.store.releases.save(request.release, 'run-1', recorded);
    return lab.admit({ ...request, evidence: said });
  };
  const WHY = `production asks for security_scan and performance_test, and of v1 (release ${request.release.digest.slice(0, 12)}): `;
  test('that is recorded of the release', async () => {
    expect(await admitted(BOTH, [found('junit'), ...BOTH])).toMatchObject({ kind: 'deploy' });
  });
  test.each([
    ['which is not there', [], [], 'it has no security_scan; it has no performance_test'],
    ['which the store does not know', BOTH, [found('scan')], 'it has no performance_test'],
    [
      'which the store knows otherwise',
      BOTH,
      [found('scan'), found('performance_test', 'fail')],
      'it has no performance_test',
    ],
    [
      'of which it says less than the store knows',
      BOTH,
      [...BOTH, { ...found('performance_test', 'fail'), stage: 'soak' }],
      'its performance_test (soak) did not pass: what performance_test says',
    ],
    ['which the run has not found', [found('scan')], BOTH, 'it has no performance_test'],
    [
      'which is of what it was built from',
      [{ ...BOTH[0], of: sha256('the source') }, BOTH[1]],
      [{ ...BOTH[0], of: sha256('the source') }, BOTH[1]],
      'its security_scan (scan) was not of all that is deployed; put it after every stage that leaves artifacts',
    ],
    [
      'which is said to be of it, and is not recorded so',
      BOTH,
      [{ ...BOTH[0], of: sha256('the source') }, BOTH[1]],
      'it has no security_scan',
    ],
    [
      'which did not pass',
      [found('scan'), found('performance_test', 'fail')],
      [found('scan'), found('performance_test', 'fail')],
      'its performance_test (performance_test) did not pass: what performance_test says',
    ],
  ])('and not without one %s', async (_, said, recorded, why) => {
    await expect(admitted(said, recorded)).rejects.toMatchObject({
      ...{ type: 'evidence.missing', nonRetryable: true, message: WHY + why },
    });
  });
  test('beside the approvals that it asks for, which do not stand for it', async () => {
    const lab = admissionLab();
    lab.rules = { ...REQUIRING, requiredApprovals: 2 };
    const on = decision(undefined, lab.rules);
    const asked = approved([by('bob', {}, on), by('carol', {}, on)], on);
    await lab.store.releases.save(request.release, 'run-1', []);
    await expect(lab.admit(asked)).rejects.toMatchObject({ type: 'evidence.missing' });
  });
});

test('nobody is asked to approve a release that lacks it', async () => {
  const store = memoryStore();
  const opened = (evidence: readonly Evidence[]) => {
    const of = plan('v1');
    return activityOf('pipeline/shop/r').run(openGate({ store, policy, secrets: memorySecrets() }), {
      ...{ plan: of, planHash: '', release: request.release, evidence, requestedBy: 'alice', run: 'r' },
    });
  };
  await expect(opened([found('scan', 'fail'), ...BOTH.slice(1)])).rejects.toMatchObject({
    type: 'evidence.missing',
    message: expect.stringContaining('its security_scan (scan) did not pass: what scan says') as string,
  });
  expect(store.entries()).toEqual([]);
  expect(await opened(BOTH)).toMatchObject({ gate: { verdict: 'approved' } });
});

describe('before anything runs', () => {
  const taken = (...more: readonly StagePlan[]) => takenBy(REQUIRING, ...more);
  const takenBy = (approvals: ApprovalPolicy, ...more: readonly StagePlan[]) => {
    const rules = { environments: { production: { identity: 'asserted' as const, approvals } } };
    const [first, build, ...rest] = plan('v1').stages;
    const input = pipelineInput(
      plan('v1', { stages: [first, build, ...more, ...rest].flatMap((s) => s ?? []) }),
    );
    const artifacts = memoryArtifacts();
    artifacts.keep('source');
    const policy = () => Promise.resolve(rules);
    const deps = { store: memoryStore(), policy, artifacts, secrets: memorySecrets() };
    return activityOf(`pipeline/shop/${input.run}`).run(admitRun(deps), input);
  };
  test('a run is refused whose stages would not make it', async () => {
    await expect(taken(scanStage())).rejects.toMatchObject({
      type: 'evidence.missing',
      message:
        'production asks for performance_test, which no stage of this run makes, and of what was built before: it has no performance_test',
    });
    await expect(taken(scanStage(), { ...performanceStage(), skipped: 'not on main' })).rejects.toThrow(
      'asks for performance_test',
    );
    expect(await taken(scanStage(), performanceStage())).toEqual({ identity: 'asserted' });
  });
  test('a run is refused whose scan would look before all is built', async () => {
    await expect(
      taken(scanStage(), performanceStage(), commandStage('pack', { artifacts: ['pack/'] })),
    ).rejects.toThrow(
      'production asks for security_scan and performance_test, and scan does not wait for pack, which leaves part of what is deployed; and load does not wait for pack',
    );
  });
  test('a run is refused whose own stage would keep nothing, or would look too early', async () => {
    const own: ApprovalPolicy = { ...RULES, requiredApprovals: 0, requires: ['own:licences'] };
    await expect(takenBy(own, ownStage({ evidence: false }))).rejects.toThrow(
      'production asks for own:licences, and licences does not say `evidence: true`, and of what was built before: it has no own:licences',
    );
    await expect(takenBy(own, ownStage({ evidence: true, uses: 'own:other' }))).rejects.toThrow(
      'which no stage of this run makes',
    );
    await expect(
      takenBy(own, ownStage({ evidence: true }), commandStage('pack', { artifacts: ['pack/'] })),
    ).rejects.toThrow('licences does not wait for pack');
    expect(await takenBy(own, ownStage({ evidence: true, artifacts: ['report/'] }))).toEqual({
      identity: 'asserted',
    });
  });
});
