import { beforeEach, describe, expect, test } from 'vitest';
import { messageOf } from '../../activities/statements.js';
import type { DeployRequest } from '../../src/domain/target.js';
import { digestOf, sha256 } from '../../src/hash.js';
import { targetId } from '../../src/domain/ids.js';
import {
  admissionLab,
  approved,
  by,
  decision,
  live,
  REF,
  request,
  RULES,
  TWO,
} from '../support/admission.js';
import { deploymentPlan, requestFor, runFor, statement } from '../support/plans.js';

let lab: ReturnType<typeof admissionLab>;
beforeEach(() => {
  lab = admissionLab();
});
const refused = async (admission: Promise<unknown>, type: string, message?: RegExp): Promise<void> => {
  await expect(admission).rejects.toMatchObject({ type, nonRetryable: true });
  if (message !== undefined) await expect(admission).rejects.toThrow(message);
  expect(lab.store.openPermits()).toEqual([]);
  expect(lab.store.rows()).toEqual([]);
  expect(lab.store.entries().filter((e) => e.event_type !== 'request.refused')).toEqual([]);
};

describe('refused, and nothing is left of it', () => {
  test('for anybody but the target itself', async () => {
    for (const caller of ['pipeline/shop/run-1', 'target/shop/staging', 'target/other/production', ''])
      await refused(lab.admit(TWO, {}, caller), 'permit.missing', /^only target\/shop\/production admits/);
  });

  test('without approvals, or with too few', async () => {
    await refused(lab.admit(request), 'approval.missing', /asks for 2 approvals, the request carries 0/);
    await refused(lab.admit(approved([])), 'approval.missing');
    await refused(lab.admit(approved([by('bob')])), 'approval.missing', /carries 1/);
  });

  test('with the same person twice', async () => {
    await refused(lab.admit(approved([by('bob'), by('bob')])), 'approval.missing', /carries 1/);
  });

  test('with whoever asked for it, or wrote it by mail or by name', async () => {
    for (const person of ['alice', 'dev@example.invalid', 'dev'])
      await refused(lab.admit(approved([by('bob'), by(person)])), 'approval.missing', /carries 1/);
  });

  test('with statements that say something else, or about something else', async () => {
    for (const other of [
      statement('carol', 'reject', decision()),
      statement('carol', 'run', decision()),
      statement('carol', 'approve', digestOf('another')),
    ])
      await refused(lab.admit(approved([by('bob'), other])), 'approval.missing', /carries 1/);
  });

  test('when the decision is no longer the one that was approved', async () => {
    const other = decision(live('v0', 'blue'));
    await refused(
      lab.admit(approved([by('bob', {}, other), by('carol', {}, other)], other)),
      'decision.changed',
      new RegExp(`approved was ${other.slice(0, 12)}, now it would be ${decision().slice(0, 12)}`),
    );
    await lab.state({ live: live('v0', 'blue') });
    await refused(lab.admit(TWO), 'decision.changed');
    lab = admissionLab();
    lab.rules = { ...RULES, expiresAfterMs: 2000 };
    await refused(lab.admit(TWO), 'decision.changed');
    lab.rules = { ...RULES, onBaseChanged: 'fail' };
    await refused(lab.admit(TWO), 'decision.outdated');
  });

  test('when rules have rolled the release back from here', async () => {
    const mark = {
      digest: request.release.digest,
      version: 'v1',
      deployment: 'deployment/shop/production/7',
      reason: 'errors',
      at: '',
    };
    await lab.state({ holdMarks: [mark] });
    await refused(
      lab.admit(TWO),
      'release.held',
      /v1 was rolled back from here by deployment\/shop\/production\/7: errors/,
    );
  });

  test('for an environment that the policy does not name, also by a name that every object has', async () => {
    for (const environment of ['staging', 'constructor', '__proto__']) {
      const ref = { service: 'shop', environment };
      const there = requestFor('shop', environment, 'v1', environment);
      const asked = lab.admit(there, ref, targetId(ref));
      await refused(asked, 'policy.unknown_environment', /it names production/);
    }
  });

  test('a rollback without anything to go back to', async () => {
    await lab.state({ live: live('v1', 'blue') });
    const rollback = {
      ...REF,
      requestId: 'back',
      statement: statement('carol', 'rollback', targetId(REF)),
      reason: 'bad',
    };
    await lab.store.nonces.claim(rollback.statement.nonce, targetId(REF), messageOf(rollback.statement));
    const cause = { kind: 'rollback', request: rollback } as const;
    await refused(
      lab.admit(request, { requestId: 'back', cause }),
      'rollback.impossible',
      /known good beside the live one: none/,
    );
  });

  test('a recovery of what nobody knows', async () => {
    const cause = { kind: 'recover', lost: 'deployment/shop/production/9' } as const;
    await refused(lab.admit(request, { requestId: 'recover/x', cause }), 'request.unknown');
  });
});

describe('a request is not believed', () => {
  const forged = async (of: DeployRequest, type: string, message: RegExp): Promise<void> => {
    await lab.known(TWO);
    await refused(lab.admit(of), type, message);
    expect(await lab.store.requests.answer(REF, of.requestId)).toMatchObject({ status: 'refused', type });
    expect(lab.store.entries()).toMatchObject([{ event_type: 'request.refused' }]);
  };
  const { release } = TWO;
  const artifacts = [{ stage: 'build', digest: sha256('evil'), bytes: 1 }];

  test.each([
    ['another plan under the same hash', { plan: deploymentPlan({ bakeMs: 0 }) }, /its deployment plan/],
    ['another hash', { planHash: sha256('x') }, /its plan/],
    ['other artifacts under the same digest', { release: { ...release, artifacts } }, /the release is not/],
    ['another version', { release: { ...release, version: 'v9' } }, /the release’s version/],
    ['another commit', { release: { ...release, commit: 'c0ffee' } }, /the release’s commit/],
    ['another person', { requestedBy: 'bob' }, /who asked for it/],
    ['another author', { author: 'bob@example.invalid' }, /its author/],
    ['another run', { run: 'run-2' }, /its run is not/],
  ])('with %s than its run was admitted with', async (_, other, message) => {
    await forged({ ...TWO, ...other }, 'request.mismatch', message);
  });

  test('from a run that was never admitted', async () => {
    const find = () => Promise.resolve(undefined);
    Object.assign(lab.store.runs, { find });
    await forged(TWO, 'request.mismatch', /never admitted/);
  });

  test('with statements that nobody verified, or another run did', async () => {
    lab.known = async (of) => {
      await lab.store.runs.admit({ run: runFor(of), nonce: 'n', message: '', entries: [] });
      const [first, second] = of.approval?.statements ?? [];
      if (first !== undefined) await lab.store.nonces.claim(first.nonce, of.pipeline, messageOf(first));
      if (second !== undefined)
        await lab.store.nonces.claim(second.nonce, 'pipeline/shop/x', messageOf(second));
    };
    await forged(TWO, 'approval.missing', /carries 1/);
  });

  test('of a run that has ended: it is settled as aborted', async () => {
    lab.run = 'TERMINATED';
    await refused(lab.admit(TWO), 'request.abandoned', /its run has ended/);
    expect(await lab.store.requests.answer(REF, TWO.requestId)).toEqual({
      ...{ status: 'finished', deployment: '', outcome: 'aborted', reason: 'its run has ended' },
    });
  });
});
