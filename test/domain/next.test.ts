import { expect, test } from 'vitest';
import { nextCommands, nextForDeployment } from '../../src/domain/next.js';
import type { Outcome } from '../../src/domain/outcome.js';
import { deployment, run, waitingFor } from './views.js';

const HISTORY = 'shipway history --service shop --environment production';
const ROLLBACK = 'shipway rollback --service shop --environment production --reason "…"';
const AGAIN = 'shipway run --environment production --release v2';

test.each<readonly [Outcome, string, 'first' | 'over v1' | undefined]>([
  ['failed', 'shipway logs v2-abc', undefined],
  ['shipped', ROLLBACK, 'over v1'],
  ['shipped', '', 'first'],
  ['shipped', '', undefined],
  ['rolled_back', HISTORY, 'over v1'],
  ['superseded', HISTORY, undefined],
  ['rejected', AGAIN, undefined],
  ['expired', AGAIN, undefined],
  ['aborted', AGAIN, undefined],
])('after a run that has %s: %j', (outcome, command, deployed) => {
  const { replaces, ...first } = deployment;
  const under = { run: { ...run, outcome, reason: 'so' } };
  const all =
    deployed === undefined
      ? under
      : { ...under, deployment: deployed === 'first' ? first : { ...first, replaces: replaces ?? '' } };
  expect(nextCommands(all)).toEqual(command === '' ? [] : [command]);
});

test.each([
  ['run.outdated', `${ROLLBACK} --to v2`, HISTORY],
  ['target.busy', AGAIN],
  ['decision.outdated', AGAIN],
  ['release.held', 'shipway history --service shop'],
  ['release.taken_back', 'shipway history --service shop'],
  ['stage.failed', 'shipway logs v2-abc'],
  ['flag.on', 'shipway flags --service shop --environment production'],
])('after a run that has failed by %s: %s', (failure, ...commands) => {
  expect(nextCommands({ run: { ...run, outcome: 'failed', failure, reason: 'so' } })).toEqual(commands);
});

test('a run of which a stage failed is tried again', () => {
  const stages = [{ name: 'test', kind: 'command', state: 'failed' }] as const;
  expect(nextCommands({ run: { ...run, stages, outcome: 'failed', failure: 'stage.failed' } })).toEqual([
    'shipway logs v2-abc',
    'shipway retry v2-abc',
  ]);
  for (const failure of ['scan.findings', 'stage.artifact_refused'])
    expect(nextCommands({ run: { ...run, stages, outcome: 'failed', failure } })).toEqual([
      'shipway logs v2-abc',
    ]);
});

test('a run whose deployment could not begin is tried again: no stage has said why', () => {
  const stages = [
    { name: 'test', kind: 'command', state: 'passed' },
    { name: 'deploy', kind: 'deploy', state: 'failed' },
  ] as const;
  expect(nextCommands({ run: { ...run, stages, deployment: deployment.id, outcome: 'failed' } })).toEqual([
    'shipway retry v2-abc',
  ]);
});

test('what was refused once its deployment had begun is refused again', () => {
  const stages = [{ name: 'deploy', kind: 'deploy', state: 'failed' }] as const;
  const ended = { outcome: 'failed', failure: 'policy.refused' } as const;
  expect(nextCommands({ run: { ...run, stages, deployment: deployment.id, ...ended } })).toEqual([
    'shipway history --service shop',
  ]);
});

test('what serves no more is not rolled back: that would take back what came after it', () => {
  const since = [{ service: 'shop', environment: 'production', live: 'v3' }];
  expect(nextCommands({ run: { ...run, outcome: 'shipped' }, deployment, since })).toEqual([HISTORY]);
  const elsewhere = [{ ...since[0], environment: 'staging', service: 'shop', live: 'v3' }];
  expect(nextCommands({ run: { ...run, outcome: 'shipped' }, deployment, since: elsewhere })).toEqual([
    ROLLBACK,
  ]);
});

test('a run through several environments is run again through all of them', () => {
  const through = { ...run, environments: ['staging', 'production'], outcome: 'expired' as const };
  expect(nextCommands({ run: through })).toEqual(['shipway run --release v2']);
});

test('what is paused is resumed', () => {
  const paused = { ...waitingFor(deployment.id), question: 'paused' as const };
  expect(nextCommands({ run, deployment: { ...deployment, waitingFor: paused } })).toEqual([
    'shipway resume v2-abc',
    'shipway reject v2-abc --reason "…"',
  ]);
});

test('a working tree is run again as such', () => {
  const dirty = { ...run, version: '1a2b3c4+dirty.0123abc', outcome: 'expired' as const };
  expect(nextCommands({ run: dirty })).toEqual(['shipway run --environment production --dirty']);
});

test('what is typed next follows what is asked, and where', () => {
  expect(nextCommands({ run })).toEqual(['shipway watch v2-abc', 'shipway abort v2-abc --reason "…"']);
  const parked = { ...deployment, waitingFor: waitingFor(deployment.id) };
  expect(nextCommands({ run, deployment: parked })[0]).toMatch(/^shipway approve v2-abc /);
  expect(nextForDeployment(parked)[0]).toMatch(/^shipway approve deployment\/shop\/production\/2 /);
  expect(nextForDeployment(deployment)[0]).toMatch(/^shipway rollback --service shop /);
  expect(nextForDeployment({ ...deployment, outcome: 'shipped', reason: '' })).toEqual([]);
});

test.each([
  [2_500, [`${ROLLBACK} --immediate`]],
  [0, []],
])('one that goes back with %d of the users left is hurried, or left alone: %j', (share, commands) => {
  const back = { ...deployment, phase: 'going_back' as const, shares: { green: share } };
  expect(nextForDeployment(back)).toEqual(commands);
});

test('a target that is not as recorded is put right first, with what is live there by name', () => {
  const what = ['v1 is live in blue, and nothing runs there'];
  const staging = { service: 'shop', environment: 'staging', what };
  const drift = [{ ...staging, live: 'v1' }];
  const right = [
    'shipway rollback --service shop --environment staging --reason "…" --to v1',
    'shipway adopt --service shop --environment staging --reason "…"',
  ];
  expect(nextCommands({ run: { ...run, outcome: 'superseded' }, drift })).toEqual([...right, HISTORY]);
  expect(nextCommands({ run, drift }).slice(2)).toEqual(right);
  expect(nextCommands({ run: { ...run, waitingFor: waitingFor('x') }, drift }).slice(2)).toEqual(right);
  expect(nextCommands({ run, drift: [staging] }).slice(2)).toEqual(right.slice(1));
});
