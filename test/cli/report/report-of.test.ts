import { expect, test } from 'vitest';
import { toldBy } from '../../../src/cli/report/decisions.js';
import { ofDeployments } from '../../../src/cli/report/own-entries.js';
import { reportOf } from '../../../src/cli/report/report-of.js';
import { summaryOf } from '../../../src/cli/report/summary.js';
import { DECISION, PIPELINE, PRODUCTION, at, chained, entry, statement } from './entries.js';
import { gathered, runStatus } from './gathered.js';

const TARGET = 'target/shop/production';

test('the report of a run: what its view, its deployments and its entries say together', async () => {
  const report = reportOf(await gathered());
  expect(report.about).toMatchObject({
    ...{ kind: 'run', id: 'v3-abc234', outcome: 'rolled_back', failure: 'verdict.fail' },
    ...{ environments: ['staging', 'production'], requestedBy: 'alice', identity: 'asserted' },
    ...{ startedAt: at(0), endedAt: at(26) },
  });
  expect(report.stages.map((s) => s.state)).toContain('reused');
  expect(report.asked.map((s) => [s.verb, s.person])).toEqual([
    ['run', 'alice'],
    ['skip', 'bob'],
  ]);
  const [staging, production] = report.deployments;
  expect(staging?.shares).toEqual([
    { at: at(3), share: 0 },
    { at: at(3.5), share: 10_000 },
  ]);
  expect(production?.shares.map((s) => s.share)).toEqual([0, 500, 2_500, 5_000, 0]);
  expect(production?.shares.at(-1)?.at).toBe(at(25));
  expect(production?.watched.folds.at(-1)).toMatchObject({ trigger: 'error_rate', verdict: 'fail' });
  expect(report.evidence.map((e) => e.summary)).toEqual(['no secrets found']);
  expect(report.missing).toEqual([]);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('one that Temporal has forgotten is told by the store, and what is missing is said', async () => {
  const known = await gathered();
  const deployments = known.deployments.map(({ row, watched }) => ({ row, watched }));
  const { about, stages, missing } = reportOf({
    ...known,
    run: { service: 'shop', run: 'v3-abc234' },
    deployments,
  });
  const { failure, identity, ...same } = reportOf(known).about;
  expect([failure, identity]).toEqual(['verdict.fail', 'asserted']);
  // The entry of its end says what the run's view does not repeat.
  expect(about).toEqual({ ...same, identity, reason: 'error rate 61 of 610 (limit 5 %)' });
  expect(stages).toEqual([]);
  expect(missing).toEqual([
    'the stages as they were shown: Temporal has forgotten this run; the audit has their events',
    `the story of deployment/shop/staging/4, ${PRODUCTION}: Temporal has forgotten it; the audit has its events`,
  ]);
});

test('one that goes on has not ended, whatever was written of it before; one that Temporal ended says so', async () => {
  const { outcome, reason, ...open } = runStatus().run;
  expect([outcome, reason]).not.toContain(undefined);
  const waitingFor = { question: 'parked', title: 'go on?', workflow: PRODUCTION } as const;
  const aboutOf = async (status: string) => {
    const of = { ...runStatus(), run: { ...open, waitingFor }, temporal: { status, pending: [] } };
    return reportOf(await gathered({ run: { service: 'shop', run: 'v3-abc234', status: of } })).about;
  };
  const running = await aboutOf('RUNNING');
  expect(running).toMatchObject({ waitingFor: 'go on?' });
  expect(running).not.toHaveProperty('outcome');
  expect(running).not.toHaveProperty('endedAt');
  expect(await aboutOf('TERMINATED')).toMatchObject({ endedAs: 'terminated' });
});

test('a deployment by itself, which may belong to no run', async () => {
  const { run, deployments, ...rest } = await gathered();
  expect(run).toBeDefined();
  const [, only] = deployments;
  if (only === undefined) throw new Error('there is none');
  const { run: its, ...row } = only.row;
  const { about } = reportOf({ ...rest, deployments: [{ ...only, row: { ...row, kind: 'rollback' } }] });
  expect(its).toBe('v3-abc234');
  expect(about).toMatchObject({
    kind: 'deployment',
    id: PRODUCTION,
    outcome: 'rolled_back',
    endedAt: at(26),
  });
  expect(about).not.toHaveProperty('run');
});

test('a gate that is asked anew, one that nobody answers and one that asks nobody are three', () => {
  const opened = { question: 'approval', decision: DECISION, required: 2 };
  const { gates, asked } = toldBy(
    chained([
      entry(0, PIPELINE, 'gate.opened', { ...opened, required: 0 }),
      entry(0, PIPELINE, 'gate.closed', { decision: DECISION, verdict: 'approved' }),
      entry(1, PIPELINE, 'gate.opened', opened),
      statement(2, PIPELINE, { person: 'ann' }),
      statement(3, PRODUCTION, { person: 'eve' }),
      entry(4, PIPELINE, 'gate.closed', { decision: DECISION, verdict: 'expired' }),
      entry(5, PRODUCTION, 'gate.opened', { question: 'parked', decision: 'p', title: 'go on?' }),
      entry(6, PRODUCTION, 'statement.refused', { statement: 'approve by mallory', why: 'no such gate' }),
    ]),
  );
  expect(gates.map((g) => [g.question, g.verdict, g.required, g.answers.map((a) => a.person)])).toEqual([
    ['approval', 'approved', 0, []],
    ['approval', 'expired', 2, ['ann']],
    ['parked', 'open', undefined, []],
  ]);
  expect(asked).toMatchObject([
    { person: 'eve', workflow: PRODUCTION },
    { verb: 'approve by mallory', refused: 'no such gate' },
  ]);
});

test('of a target’s entries those that are about the deployment, or were said while it was on its way', () => {
  const back = (minutes: number, person: string) =>
    statement(minutes, TARGET, { person, verb: 'rollback', on: TARGET });
  const admitted = (minutes: number, deployment: string, user: string) =>
    entry(minutes, TARGET, 'deployment.admitted', { deployment }, { user });
  const target = chained([
    back(0, 'bob'),
    admitted(1, 'deployment/shop/production/6', 'bob'),
    entry(2, TARGET, 'request.refused', { request: 'v3-abc234/deploy/1', why: 'held' }),
    entry(2, TARGET, 'request.refused', { request: 'v3-abc2345/deploy/1', why: 'held' }),
    back(3, 'ann'),
    back(4, 'bob'),
    admitted(5, PRODUCTION, 'bob'),
    entry(5, TARGET, 'hold.overridden', { deployment: PRODUCTION }, { user: 'bob' }),
    back(6, 'eve'),
    back(20, 'dan'),
  ]);
  const seqs = (kind: 'deploy' | 'rollback', run?: string): readonly number[] =>
    ofDeployments(target, [{ id: PRODUCTION, kind, endedAt: at(10) }], run).map((c) => c.seq);
  expect(seqs('rollback')).toEqual([6, 7, 8, 9]);
  expect(seqs('deploy', 'v3-abc234')).toEqual([3, 7, 8, 9]);
});

test('the summary says the same on a screen', async () => {
  const lines = summaryOf(reportOf(await gathered())).join('\n');
  for (const said of [
    'shop v3 → staging → production   run v3-abc234, by alice (asserted)',
    'rolled back (verdict.fail): error rate 61 of 610 (limit 5 %); v3 was shipped to staging',
    '2026-01-05T09:00:00Z to 2026-01-05T09:26:00Z (26 min)',
    'approve by alice (asserted) at 2026-01-05T09:11:00Z; refused: alice asked for this run and may not approve it',
    'shares of v3: 0 % at 09:13:00Z, 5 % at 09:13:30Z',
    'fail at 2026-01-05T09:22:50Z: error rate 60 of 800 (limit 5 %)',
    '17 entries, each with the hash of its content',
  ])
    expect(lines).toContain(said);
});
