import { describe, expect, test } from 'vitest';
import { refuseOutOfOrder } from '../../activities/in-order.js';
import type { DeploymentRow } from '../../src/domain/store.js';
import { memoryStore } from '../support/memory-store.js';
import { deploymentPlan, plan, requestFor } from '../support/plans.js';

const WAY = plan('v2', { through: ['development', 'staging'] });
const requested = (environment: string) => ({
  ...requestFor('shop', environment, 'v2', 'r2/deploy'),
  run: 'r2',
});
const { release } = requested('staging');
const other = requestFor('shop', 'staging', 'v1', 'r1').release;

const row = (n: number, more: Partial<DeploymentRow> = {}): DeploymentRow => ({
  ...{ service: 'shop', environment: 'staging', id: `deployment/shop/staging/${String(n)}`, n },
  ...{ kind: 'deploy', requestId: `q${String(n)}`, run: 'r2', requestedBy: 'alice', release },
  ...{ plan: deploymentPlan(), startedAt: `2026-01-01T00:00:0${String(n)}Z`, outcome: 'shipped' },
  ...more,
});
const check = (rows: readonly DeploymentRow[], environment = 'production', of = WAY): Promise<void> => {
  const store = memoryStore();
  const list = (filter: { environment?: string; run?: string }) =>
    Promise.resolve(
      rows
        .filter((r) => r.environment === filter.environment && r.run === (filter.run ?? r.run))
        .toReversed(),
    );
  return refuseOutOfOrder(
    { store: { ...store, deployments: { ...store.deployments, list } } },
    of,
    requested(environment),
  );
};

describe('production is served', () => {
  test.each<[string, readonly DeploymentRow[]]>([
    ['what staging was', [row(1)]],
    ['also when staging has moved on', [row(1), row(2, { run: 'r3', release: other, replaces: release })]],
    [
      'also when what replaced it in staging was taken back',
      [row(1), row(2, { run: 'r3', release: other }), row(3, { kind: 'rollback', replaces: other })],
    ],
    [
      'also when only its configuration was taken back',
      [row(1), row(2, { run: 'r3' }), row(3, { kind: 'rollback', replaces: release })],
    ],
    [
      'also when it was shipped there again since',
      [row(1), row(2, { kind: 'rollback', release: other, replaces: release }), row(3, { run: 'r4' })],
    ],
    [
      'also when it was not taken back after all',
      [row(1), row(2, { kind: 'rollback', outcome: 'failed', replaces: release })],
    ],
  ])('%s', async (_, rows) => {
    await check(rows);
  });

  test.each<[string, readonly DeploymentRow[]]>([
    ['nothing', []],
    ['it by another run', [row(1, { run: 'r1' })]],
    ['another release by this run', [row(1, { release: other })]],
    ['it, and it went back', [row(1, { outcome: 'rolled_back' })]],
    ['it, elsewhere', [row(1, { environment: 'development' })]],
  ])('not when staging was served %s', async (_, rows) => {
    await expect(check(rows)).rejects.toMatchObject({
      type: 'request.mismatch',
      message: 'r2 has not shipped v2 to staging, which comes before production',
    });
  });

  test('not when staging was taken back since', async () => {
    const back = row(2, { kind: 'rollback', release: other, replaces: release });
    await expect(check([row(1), back])).rejects.toMatchObject({
      type: 'release.taken_back',
      message: 'v2 was taken back from staging, which comes before production, by deployment/shop/staging/2',
    });
  });

  test('without more, by a run that leads nowhere else', async () => {
    await check([], 'production', plan('v2'));
    await check([], 'development');
  });
});
