import { beforeEach, expect, test } from 'vitest';
import { broughtBack } from '../../activities/brought-back.js';
import type { Outcome } from '../../src/domain/outcome.js';
import type { DeploymentPlan } from '../../src/domain/plan.js';
import { TEMPLATES, templateOf } from '../../src/domain/queries.js';
import type { Queries, WatchPlan } from '../../src/domain/watch-plan.js';
import type { DeploymentRow } from '../../src/domain/store.js';
import { newTarget, type RollbackRequest } from '../../src/domain/target.js';
import { admissionLab, live, REF } from '../support/admission.js';
import { admitRow, rowOf } from '../support/admitted.js';
import { DARK } from '../support/dark.js';
import { deploymentPlan, requestFor } from '../support/plans.js';

let lab: ReturnType<typeof admissionLab>;
beforeEach(() => {
  lab = admissionLab();
});
const ALONE = { strategy: { kind: 'in_place' } } as const;
const SLOWLY = { rollback: { stepMs: 7 } } as const;

/** What has shipped or ended otherwise, oldest first: versions with their plans, the rollbacks among them. */
async function shipped(
  ...all: [string, Partial<DeploymentPlan>, DeploymentRow['kind']?, Outcome?][]
): Promise<void> {
  for (const [i, [version, plan, kind = 'deploy', outcome = 'shipped']] of all.entries()) {
    const { release } = requestFor('shop', 'production', version, 'r');
    const ended = { endedAt: '', outcome, reason: '' } as const;
    await admitRow(lab.store, rowOf(REF, i + 1, { release, kind, plan: deploymentPlan(plan), ...ended }));
  }
}
const back = async (
  version: string,
  n: number,
  how: Pick<RollbackRequest, 'to' | 'pace' | 'emergency'> = {},
) => {
  const { configuration } = deploymentPlan();
  const state = { ...newTarget(REF), live: { ...live(version, 'green', n), configuration }, nextN: n + 1 };
  const { store, artifacts, secrets } = lab;
  const { release, plan, leftOn } = await broughtBack({ store, artifacts, secrets }, state, how);
  const off = leftOn === undefined ? {} : { leftOn };
  return { version: release.version, strategy: plan.strategy.kind, rollback: plan.rollback, ...off };
};

test('what serves alone is not joined by what is brought back, whatever that was shipped with', async () => {
  await shipped(['v1', {}], ['v2', ALONE]);
  const alone = { version: 'v1', strategy: 'in_place', rollback: undefined };
  expect(await back('v2', 2)).toEqual(alone);
  expect(await back('v2', 2, { pace: 'gradual' })).toEqual(alone);
});

test('what was brought back in place of such is not alone itself', async () => {
  await shipped(['v1', {}], ['v2', ALONE], ['v1', ALONE, 'rollback'], ['v3', {}]);
  expect(await back('v3', 4)).toMatchObject({ version: 'v1', strategy: 'canary' });
});

test('how a person had users go back for one time is not how they go back the next time', async () => {
  await shipped(['v1', {}], ['v2', SLOWLY], ['v3', SLOWLY], ['v2', {}, 'rollback']);
  expect(await back('v2', 4)).toEqual({ version: 'v1', strategy: 'canary', rollback: SLOWLY.rollback });
  expect(await back('v3', 3, { emergency: { severity: 'error' } })).toMatchObject({ rollback: undefined });
});

test('what is brought back is reached as what serves now is: of two routers one may have gone since', async () => {
  const both = { router: 'haproxy+nginx', metrics: 'prometheus', listen: 1, secondListen: 2 };
  const watchOf = (router: string): WatchPlan => ({
    ...deploymentPlan().watch,
    queries: { ...templateOf(router), latency: 'b' } as Queries,
  });
  const now = { router: 'nginx', metrics: 'prometheus', listen: 2, watch: watchOf('nginx') };
  await shipped(['v1', { ...both, watch: watchOf('haproxy+nginx') }], ['v2', now]);
  const { configuration } = deploymentPlan();
  const state = { ...newTarget(REF), live: { ...live('v2', 'green', 2), configuration }, nextN: 3 };
  const { store, artifacts, secrets } = lab;
  const { release, plan } = await broughtBack({ store, artifacts, secrets }, state, {});
  expect(release.version).toBe('v1');
  expect(plan).toStrictEqual(deploymentPlan(now));
});

const planOf = async (version: string, n: number): Promise<DeploymentPlan> => {
  const { configuration } = deploymentPlan();
  const state = { ...newTarget(REF), live: { ...live(version, 'green', n), configuration }, nextN: n + 1 };
  const { store, artifacts, secrets } = lab;
  return (await broughtBack({ store, artifacts, secrets }, state, {})).plan;
};

test('users stay at the port where they are, also when it is gone back twice', async () => {
  await shipped(['v0', {}], ['v1', { listen: 8_080 }], ['v2', { listen: 9_000 }]);
  expect(await planOf('v2', 3)).toEqual(deploymentPlan({ listen: 9_000 }));
  const { release } = requestFor('shop', 'production', 'v1', 'r');
  const plan = deploymentPlan({ listen: 9_000 });
  const ended = { outcome: 'shipped', endedAt: '', reason: '' } as const;
  await admitRow(lab.store, rowOf(REF, 4, { release, kind: 'rollback', plan, ...ended }));
  expect(await planOf('v1', 4)).toEqual(plan);
});

test('another router than one of its own does not come with what is brought back', async () => {
  await shipped(['v1', { router: 'haproxy', listen: 8_080 }], ['v2', { router: 'gateway', listen: 9_090 }]);
  expect(await planOf('v2', 2)).toMatchObject({ router: 'haproxy', listen: 8_080 });
});

test('of its queries those that are for two routers are for the one that is left, wherever the counters come from now', async () => {
  const queries = { ...templateOf('gateway+nginx'), latency: 'mine' } as Queries;
  const both = {
    router: 'gateway+nginx',
    metrics: 'prometheus',
    watch: { ...deploymentPlan().watch, queries },
  };
  await shipped(['v1', both], ['v2', { router: 'gateway' }]);
  const { metrics, watch } = await planOf('v2', 2);
  expect(metrics).toBe('prometheus');
  const { requests, errors, aborted } = TEMPLATES.gateway;
  expect(watch.queries).toEqual({ requests, errors, aborted, latency: 'mine' });
});

test('an emergency takes back the last change that serves although it was found bad: its flag is off, and it has stayed', async () => {
  await shipped(['v1', {}], ['v2', DARK, 'deploy', 'rolled_back']);
  expect(await back('v2', 2, { emergency: { severity: 'error' } })).toMatchObject({ version: 'v1' });
});

test('what it takes back may have turned flags on; what it brings back has its own', async () => {
  await shipped(['v1', DARK], ['v2', {}], ['v3', DARK], ['v4', {}], ['v5', DARK, 'deploy', 'failed']);
  const leftOn = [{ flag: 'checkout', by: 'deployment/shop/production/3' }];
  lab.artifacts.keep('shop v2');
  expect(await back('v4', 4, { to: 'v2' })).toMatchObject({ version: 'v2', leftOn });
  expect(await back('v4', 4)).not.toHaveProperty('leftOn');
});

test.each<[Outcome, string | undefined]>([
  ['rolled_back', 'deployment/shop/production/3 does not serve any more; v2 does'],
  ['aborted', 'deployment/shop/production/3 does not serve any more; v2 does'],
  ['failed', undefined],
])('an emergency after a deployment that ended %s', async (outcome, over) => {
  await shipped(['v1', {}], ['v2', {}], ['v3', {}, 'deploy', outcome]);
  const taken = back('v2', 2, { emergency: { severity: 'error' } });
  if (over === undefined) expect(await taken).toMatchObject({ version: 'v1' });
  else await expect(taken).rejects.toMatchObject({ type: 'emergency.over', message: over });
});
