import { describe, expect, test } from 'vitest';
import { endLine, exitOf } from '../../src/cli/follow.js';
import type { RunStatus } from '../../src/client.js';
import { deploymentLines, renderDeployment } from '../../src/cli/render/deployment.js';
import { renderRun } from '../../src/cli/render/run.js';
import type { DeploymentView, RunView } from '../../src/domain/view.js';

const AT = Date.parse('2026-01-05T09:00:00Z');
const HASH = '0123456789ab'.padEnd(64, 'c');

const runView = (more: Partial<RunView> = {}): RunView => ({
  run: 'v2-k3x9ab',
  service: 'lamp',
  environment: 'production',
  version: 'v2',
  commit: HASH.slice(0, 40),
  planHash: HASH,
  requestedBy: 'alice',
  identity: 'asserted',
  stages: [
    { name: 'test', kind: 'command', state: 'passed', startedAt: AT - 90_000, endedAt: AT - 60_000 },
    { name: 'lint', kind: 'command', state: 'allowed_failure', note: 'ended with 1' },
    { name: 'scan', kind: 'scan', state: 'skipped', note: 'only: main' },
    { name: 'deploy', kind: 'deploy', state: 'running', startedAt: AT - 60_000 },
  ],
  ...more,
});
const deploymentView = (more: Partial<DeploymentView> = {}): DeploymentView => ({
  id: 'deployment/lamp/production/2',
  service: 'lamp',
  environment: 'production',
  version: 'v2',
  replaces: 'v1',
  kind: 'deploy',
  strategy: 'canary',
  phase: 'shift',
  shares: { blue: 9_500, green: 500 },
  candidate: 'green',
  stable: 'blue',
  nextAt: AT + 240_000,
  verdict: { kind: 'pass', reason: 'error rate 0 of 40 (limit 5 %)' },
  address: 'http://127.0.0.1:8080',
  timeline: [{ at: AT - 1_000, what: 'shift 0 % → 5 %' }],
  ...more,
});
const status = (more: Partial<RunStatus> = {}): RunStatus => ({
  workflow: 'pipeline/lamp/v2-k3x9ab',
  run: runView(),
  temporal: { status: 'RUNNING', pending: [] },
  workers: { count: 1 },
  ...more,
});
const shown = (more: Partial<RunStatus>): string => renderRun(status(more), AT).join('\n');

test('a deployment by itself: what it does, what it asks, and the command to type', () => {
  const waitingFor = { question: 'parked', title: 'go on?', decision: HASH, workflow: 'x' } as const;
  const shownOf = (more: Partial<DeploymentView>): readonly string[] =>
    renderDeployment(
      { ...status(), workflow: 'x', deployment: deploymentView({ kind: 'rollback', ...more }) },
      AT,
    );
  expect(shownOf({ waitingFor })).toEqual([
    'lamp v2 → production',
    '',
    ...deploymentLines(deploymentView({ kind: 'rollback' }), AT),
    '',
    'waiting for a decision about a deployment in doubt: go on?',
    '',
    'next:',
    '  shipway approve deployment/lamp/production/2 --decision 0123456789ab',
    '  shipway reject deployment/lamp/production/2 --reason "…"',
  ]);
  expect(shownOf({ outcome: 'shipped', reason: 'v1 is back', run: 'v2-k3x9ab' }).slice(-1)).toEqual([
    'shipped: v1 is back',
  ]);
});

test('a deployment that was ended in Temporal is said to be, and there is nothing to answer any more', () => {
  const waitingFor = { question: 'parked', title: 'go on?', decision: HASH, workflow: 'x' } as const;
  const gone = { ...status(), temporal: { status: 'TERMINATED', pending: [] } };
  expect(
    renderDeployment({ ...gone, workflow: 'x', deployment: deploymentView({ waitingFor }) }, AT).slice(-2),
  ).toEqual(['', 'ended in Temporal (terminated) before it could write an outcome']);
});

describe('a run that failed', () => {
  const failed = (failure?: string): RunStatus =>
    status({
      run: runView({ outcome: 'failed', reason: 'not here', ...(failure === undefined ? {} : { failure }) }),
    });

  test.each([
    ['policy.unknown_environment', 3],
    ['stage.failed', 1],
    ['plan.mismatch', 1],
    ['a type of a later version', 1],
    [undefined, 1],
  ])('by %s ends a command with %d, and says by what', (failure, exit) => {
    expect(exitOf(failed(failure).run)).toBe(exit);
    const how = failure === undefined ? 'failed: not here' : `failed (${failure}): not here`;
    expect(endLine('v2-k3x9ab', failed(failure).run, failed(failure))).toBe(`v2-k3x9ab ${how}`);
    expect(renderRun(failed(failure), AT)).toContain(how);
  });
});

describe('a run', () => {
  test('under way: stages, shares, verdict, what comes next, and the commands to type', () => {
    expect(renderRun(status({ deployment: deploymentView() }), AT, { uiUrl: 'http://ui' })).toEqual([
      'lamp v2 → production   run v2-k3x9ab, by alice (asserted)',
      'commit 0123456789ab, plan 0123456789ab',
      '',
      '  ✓ test            30 s',
      '  ! lint                  ended with 1',
      '  - scan                  only: main',
      '  ▶ deploy          60 s',
      '',
      '  deployment/lamp/production/2',
      '  deploy by canary, replaces v1: shift, next step in 4 min   http://127.0.0.1:8080',
      '    blue   ███████████████████░    95 %  v1',
      '    green  █░░░░░░░░░░░░░░░░░░░     5 %  v2',
      '    pass: error rate 0 of 40 (limit 5 %)',
      '    08:59:59Z  shift 0 % → 5 %',
      '',
      'next:',
      '  shipway watch v2-k3x9ab',
      '  shipway abort v2-k3x9ab --reason "…"',
      '',
      'http://ui',
    ]);
  });

  const approval = {
    question: 'approval',
    title: 'lamp v2 → production, replaces v1',
    decision: HASH,
    have: 1,
    required: 2,
    expiresAt: AT + 7_200_000,
    workflow: 'pipeline/lamp/v2-k3x9ab',
  } as const;

  test('that asks says what, and how to answer exactly that, also while it is only followed', () => {
    const asking = status({ run: runView({ waitingFor: approval }) });
    for (const commands of [true, false]) {
      const lines = renderRun(asking, AT, { commands });
      expect(lines).toContain(
        'waiting for approval (1 of 2), for 2 h more: lamp v2 → production, replaces v1',
      );
      expect(lines).toContain('  shipway approve v2-k3x9ab --decision 0123456789ab');
    }
    expect(renderRun(status(), AT, { commands: false })).not.toContain('next:');
  });

  test('shows what is known of the release: a line each, by its verdict', () => {
    const of = { kind: 'junit', digest: 'd' } as const;
    const evidence = [
      { ...of, stage: 'test', summary: '412 passed,\n0 failed', verdict: 'pass' },
      { ...of, stage: 'test', summary: 'line coverage 71 %', verdict: 'fail' },
      { ...of, stage: 'performance', summary: 'only 9 sent', verdict: 'inconclusive' },
      { ...of, stage: 'scan', summary: 'of before' },
    ] as const;
    expect(shown({ run: runView({ evidence }) })).toContain(
      [
        ...['\nevidence:', '  ✓ test         412 passed, 0 failed', '  ✗ test         line coverage 71 %'],
        ...['  ? performance  only 9 sent', '  · scan         of before', ''],
      ].join('\n'),
    );
  });

  test('whose deployment asks shows that question', () => {
    const { expiresAt: _, ...question } = approval;
    const parked = { ...question, question: 'parked', title: 'bake is inconclusive' } as const;
    expect(shown({ deployment: deploymentView({ waitingFor: parked }) })).toContain(
      'waiting for a decision about a deployment in doubt (1 of 2): bake is inconclusive',
    );
  });

  test('that has its outcome, and whose end cannot be recorded, asks all the same', () => {
    const stuck = { ...approval, question: 'stuck', title: 'its end cannot be recorded' } as const;
    const text = shown({ run: runView({ outcome: 'shipped', reason: 'v2 is live', waitingFor: stuck }) });
    expect(text).toContain('shipped: v2 is live');
    expect(text).toContain('waiting for a word to try again now');
    expect(text).toContain('  shipway approve v2-k3x9ab --decision 0123456789ab');
  });

  test('says what Temporal tries again, and since when no worker polls', () => {
    const again = { type: 'provision', attempt: 3, lastFailure: 'no port\nis free', waiting: true };
    const text = shown({
      temporal: { status: 'RUNNING', pending: [{ type: 'watch', attempt: 1, waiting: false }, again] },
      workers: { count: 0, lastSeen: '2026-01-05T08:55:00.000Z' },
    });
    expect(text).toContain('provision is tried again (attempt 3): no port is free');
    expect(text).not.toContain('watch is tried');
    expect(text).toContain(
      'no worker polls since 2026-01-05T08:55:00.000Z: the run goes on when one is started',
    );
    expect(shown({ workers: { count: 0 } })).toContain('no worker polls: the run goes on');
  });

  test('that has ended says how and why, and only then what is left to do', () => {
    const done = runView({ outcome: 'rolled_back', reason: 'error rate 14 of 61' });
    expect(shown({ run: done, workers: { count: 0 } })).toMatch(
      /\n\nrolled back: error rate 14 of 61\n\nnext:\n {2}shipway history --service lamp --environment production$/,
    );
    const ended = shown({ temporal: { status: 'TERMINATED', pending: [] } });
    expect(ended).toContain('ended in Temporal (terminated) before it could write an outcome');
  });
});

describe('a deployment', () => {
  const line = (more: Partial<DeploymentView>): string => deploymentLines(deploymentView(more), AT)[1] ?? '';
  const doubt = { kind: 'inconclusive', reason: '3 requests', lacks: 'requests' } as const;

  test.each<[string, Partial<DeploymentView>, string]>([
    ['before the end of a step', { nextAt: AT + 5_000 }, 'shift, next step in 5 s'],
    ['at its end, all well', { nextAt: AT - 5_000 }, 'shift'],
    ['over its end in doubt', { nextAt: AT - 90_000, verdict: doubt }, 'shift, held in doubt for 90 s'],
    ['in doubt before its end', { nextAt: AT + 5_000, verdict: doubt }, 'shift, next step in 5 s'],
    ['in a phase without an end', { phase: 'going_back' }, 'going back'],
    ['ended', { phase: 'done', outcome: 'rolled_back' }, 'rolled back'],
  ])('%s', (_, more, said) => {
    expect(line(more)).toBe(`  deploy by canary, replaces v1: ${said}   http://127.0.0.1:8080`);
  });

  test('at two routers is reached at both addresses', () => {
    expect(line({ others: ['http://127.0.0.1:8081'] })).toMatch(
      / {3}http:\/\/127.0.0.1:8080, http:\/\/127.0.0.1:8081$/,
    );
  });

  test('held for too few requests, says what it waits for; not before, and not when the source is silent', () => {
    const said = (more: Partial<DeploymentView>): boolean =>
      deploymentLines(deploymentView(more), AT).some((l) => l.includes('once there are enough requests'));
    const over = { nextAt: AT - 90_000 };
    expect(said({ ...over, verdict: doubt })).toBe(true);
    expect(said({ nextAt: AT + 5_000, verdict: doubt })).toBe(false);
    expect(said({ ...over, verdict: { kind: 'unavailable', reason: 'no answer' } })).toBe(false);
    expect(said({ ...over, verdict: { kind: 'inconclusive', reason: 'both bad' } })).toBe(false);
    expect(said({ ...over, verdict: doubt, phase: 'done', outcome: 'rolled_back' })).toBe(false);
  });

  test('shows the last eight events, and no verdict once it has ended', () => {
    const timeline = Array.from({ length: 12 }, (_, i) => ({ at: AT, what: `event ${String(i)}` }));
    const lines = deploymentLines(deploymentView({ timeline, outcome: 'shipped' }), AT);
    expect(lines.filter((l) => l.includes('event'))).toHaveLength(8);
    expect(lines.at(-1)).toBe('    09:00:00Z  event 11');
    expect(lines.join('\n')).not.toContain('pass:');
  });
});
