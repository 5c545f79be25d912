import { expect, test } from 'vitest';
import { renderDeployment } from '../../src/cli/render/deployment.js';
import { endedInTemporal } from '../../src/cli/render/open.js';
import { renderRun } from '../../src/cli/render/run.js';
import { deployment, run } from '../domain/views.js';

test('who waits for it is named; what is not as recorded where it leads is said, with what puts it right', () => {
  const text = renderRun(
    {
      ...{ workflow: 'pipeline/shop/v2-abc', run, workers: { count: 1 } },
      temporal: { status: 'RUNNING', pending: [] },
      drift: [{ service: 'shop', environment: 'production', live: 'v1', what: ['v1 is gone'] }],
      behind: [{ run: 'v2-other', version: 'v2', by: 'bob' }],
    },
    0,
  ).join('\n');
  expect(text).toContain('\n\nbehind it waits v2 of run v2-other, by bob\n');
  expect(text).toContain('\nproduction is not as recorded: v1 is gone\n');
  expect(text).toContain('shipway rollback --service shop --environment production --reason "…" --to v1');
});

test('a run that has shipped and serves no more says what does', () => {
  const text = renderRun(
    {
      ...{ workflow: 'pipeline/shop/v2-abc', workers: { count: 1 } },
      run: { ...run, outcome: 'shipped', reason: 'v2 is live in production' },
      temporal: { status: 'COMPLETED', pending: [] },
      since: [{ service: 'shop', environment: 'production', live: 'v1' }],
    },
    0,
  ).join('\n');
  expect(text).toMatch(
    /\n\nshipped: v2 is live in production\nby now v1 is live in production\n\nnext:\n {2}shipway history /,
  );
});

test('one that Temporal has ended says why', () => {
  const temporal = { status: 'FAILED', pending: [], why: 'it has no permit (permit.missing)' };
  expect(endedInTemporal({ temporal })).toBe(
    'ended in Temporal (failed) before it could write an outcome: it has no permit (permit.missing)',
  );
});

test('a deployment that failed says by which row of the failure table', () => {
  const ended = { outcome: 'failed', failure: 'flag.on', reason: 'checkout is on' } as const;
  const lines = renderDeployment(
    {
      ...{ workflow: deployment.id, deployment: { ...deployment, ...ended }, workers: { count: 1 } },
      temporal: { status: 'FAILED', pending: [] },
    },
    0,
  );
  expect(lines).toContain('failed (flag.on): checkout is on');
});
