import { beforeEach, describe, expect, test } from 'vitest';
import { openGate } from '../../activities/gates.js';
import { pinned } from '../../activities/pinned.js';
import type { DeploymentPlan } from '../../src/domain/plan.js';
import type { SecretReference } from '../../src/domain/secrets.js';
import type { DeployRequest } from '../../src/domain/target.js';
import { digestOf } from '../../src/hash.js';
import { messageOf } from '../../activities/statements.js';
import { targetId } from '../../src/domain/ids.js';
import { activityOf } from '../support/activity.js';
import { admissionLab, approved, live, REF, request, RULES } from '../support/admission.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { memorySecrets } from '../support/memory-secrets.js';
import { deploymentPlan, plan, runFor, statement } from '../support/plans.js';

const PATH = 'production/database/url';
const configured = (secrets: Record<string, SecretReference>, replicas = 1): DeploymentPlan =>
  deploymentPlan({ configuration: { ...deploymentPlan().configuration, replicas, secrets } });
const policy = () =>
  Promise.resolve({
    environments: {
      production: { identity: 'asserted' as const, approvals: RULES },
      staging: { identity: 'asserted' as const, approvals: RULES },
    },
  });

describe('the versions of secrets', () => {
  const secrets = memorySecrets();
  for (const value of ['first', 'second']) secrets.give(PATH, value);
  const of = (asked: DeploymentPlan, environment = 'production') =>
    activityOf('x').run(() => pinned({ secrets, policy }, environment, asked));

  test('are the newest, or those that are named; nothing else of the plan is touched', async () => {
    const asked = configured({ URL: { secret: PATH }, OLD: { secret: PATH, version: 1 } });
    const got = await of(asked);
    expect(got.configuration.secrets).toEqual({
      URL: { secret: PATH, version: 2 },
      OLD: { secret: PATH, version: 1 },
    });
    expect({ ...got, configuration: { ...got.configuration, secrets: {} } }).toEqual({
      ...asked,
      configuration: { ...asked.configuration, secrets: {} },
    });
    const without = deploymentPlan();
    expect(await of(without)).toBe(without);
  });

  test('that are missing are all named', async () => {
    const asked = configured({ A: { secret: 'x/y' }, B: { secret: PATH, version: 9 }, C: { secret: PATH } });
    await expect(of(asked)).rejects.toMatchObject({
      type: 'secret.missing',
      message: `production lacks x/y (A), ${PATH} v9 (B)`,
    });
  });

  test('of another environment are refused, wherever that is asked for', async () => {
    await expect(of(configured({ A: { secret: PATH } }), 'staging')).rejects.toMatchObject({
      type: 'policy.refused',
      message: `${PATH} (A) is a secret of production, and staging may not have it`,
    });
  });
});

describe('what is approved', () => {
  let lab: ReturnType<typeof admissionLab>;
  const asked = configured({ URL: { secret: PATH } }, 2);
  const wanted: DeployRequest = {
    ...request,
    plan: asked,
    planHash: digestOf(plan('v1', { deployment: asked })),
  };
  const gate = () =>
    activityOf(wanted.pipeline).run(openGate({ store: lab.store, secrets: lab.secrets, policy }), {
      plan: plan('v1', { deployment: asked }),
      ...{ planHash: wanted.planHash, release: wanted.release, evidence: [], requestedBy: 'alice', run: 'r' },
    });
  const admit = async (decision: string) => {
    const statements = ['bob', 'carol'].map((person) => statement(person, 'approve', decision));
    const of = { ...wanted, approval: { decision, statements } };
    const run = { ...runFor(of), plan: plan('v1', { deployment: asked }) };
    await lab.store.runs.admit({ run, nonce: decision, message: '', entries: [] });
    return lab.admit(of, { n: 8, requestId: `r/${decision}` });
  };
  beforeEach(async () => {
    lab = admissionLab();
    lab.secrets.give(PATH, 'first');
    const before = configured({ URL: { secret: PATH, version: 1 } });
    await admitRow(lab.store, rowOf(REF, 7, { plan: { ...before, bakeMs: 120_000 } }));
    await lab.state({ live: { ...live('v0', 'blue', 7), configuration: before.configuration }, nextN: 8 });
  });

  test('are the very versions, and how they and all else differ from what serves', async () => {
    const first = await gate();
    expect(first.gate.changes).toEqual(['replicas: 1 → 2', 'bake: 2m → 1m']);
    lab.secrets.give(PATH, 'second');
    const second = await gate();
    expect(second.gate.changes?.[0]).toBe(`URL: secret ${PATH} v1 → v2`);
    expect(second.gate.decision).not.toBe(first.gate.decision);
    expect(lab.store.entries().at(-1)).toMatchObject({ details: { changes: first.gate.changes } });
  });

  test('is what is admitted: rotated meanwhile it is asked again', async () => {
    const { gate: before } = await gate();
    lab.secrets.give(PATH, 'second');
    await expect(admit(before.decision)).rejects.toMatchObject({ type: 'decision.changed' });
    const admitted = await admit((await gate()).gate.decision);
    expect(admitted.plan.configuration.secrets).toEqual({ URL: { secret: PATH, version: 2 } });
    expect(lab.store.rows().at(-1)?.plan).toEqual(admitted.plan);
  });

  test('a rollback takes the versions of then, and is refused when they are gone', async () => {
    const good = rowOf(REF, 5, {
      plan: configured({ URL: { secret: PATH, version: 1 } }),
      ...{ outcome: 'shipped', endedAt: '2026-01-01T00:00:00Z', reason: '' },
    });
    await admitRow(lab.store, good);
    lab.secrets.give(PATH, 'second');
    const said = statement('carol', 'rollback', targetId(REF));
    await lab.store.nonces.claim(said.nonce, targetId(REF), messageOf(said));
    const back = (requestId: string) =>
      lab.admit(approved([]), {
        ...{ n: 8, requestId },
        cause: { kind: 'rollback', request: { ...REF, requestId, statement: said, reason: 'bad' } },
      });
    expect((await back('one')).plan.configuration.secrets).toEqual({ URL: { secret: PATH, version: 1 } });
    await lab.secrets.remove(PATH, 1, new AbortController().signal);
    await expect(back('two')).rejects.toMatchObject({
      type: 'rollback.impossible',
      message: `v1 ran with ${PATH} v1 (URL), and that is there no more`,
    });
  });
});
