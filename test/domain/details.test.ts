import { expect, test } from 'vitest';
import { deploymentDetails, markdown, runDetails } from '../../src/domain/details.js';
import { nextCommands, nextForDeployment } from '../../src/domain/next.js';
import type { DeploymentView, RunView } from '../../src/domain/view.js';

test('text from elsewhere makes no link, tag or emphasis, also with a backslash before it', () => {
  expect(markdown('a\\[b](c)*d*<e>|`f`\n')).toBe('a\\\\\\[b\\](c)\\*d\\* e  \\`f\\` ');
});

const DECISION = 'd'.repeat(64);
const run: RunView = {
  run: 'v2-abc',
  service: 'shop',
  environment: 'production',
  version: 'v2',
  commit: 'c'.repeat(40),
  planHash: 'a'.repeat(64),
  requestedBy: 'alice',
  stages: [
    { name: 'test', kind: 'command', state: 'passed', startedAt: 1_000, endedAt: 3_500 },
    { name: 'approve', kind: 'approve', state: 'waiting', startedAt: 3_500 },
  ],
};
const deployment: DeploymentView = {
  id: 'deployment/shop/production/2',
  service: 'shop',
  environment: 'production',
  version: 'v2',
  replaces: 'v1',
  kind: 'deploy',
  strategy: 'canary',
  run: 'v2-abc',
  phase: 'shift',
  shares: { blue: 7_500, green: 2_500 },
  stable: 'blue',
  candidate: 'green',
  nextAt: 60_000,
  timeline: [
    { at: 0, what: 'shift 5 % → 25 %' },
    { at: 1_000, what: 'watching canary 25 % for 59 s' },
  ],
};
const waitingFor = (workflow: string) => ({
  question: 'approval' as const,
  title: 'shop v2 → production',
  decision: DECISION,
  have: 0,
  required: 2,
  expiresAt: Date.UTC(2026, 0, 2, 3, 4),
  workflow,
});

test('a run that asks says whom it waits for and what to type, before its stages', () => {
  const text = runDetails({ ...run, waitingFor: waitingFor('pipeline/shop/v2-abc') });
  const [, waiting, next, table] = text.split('\n\n');
  expect(waiting).toBe('**Waiting for** shop v2 → production (0 of 2), until 2026-01-02 03:04 UTC');
  expect(next).toContain(`\`shipway approve v2-abc --decision ${'d'.repeat(12)}\``);
  expect(table?.split('\n').slice(2)).toEqual([
    '| test | passed | 2.5 s |  |',
    '| approve | waiting |  |  |',
  ]);
});

test('a deployment shows who gets what by role, and what happened newest first', () => {
  const text = deploymentDetails(deployment);
  expect(text).toContain('| stable | blue | v1 | 75 % |\n| candidate | green | v2 | 25 % |');
  expect(text).toContain('**Now** shift until 00:01:00 UTC');
  expect(text.indexOf('watching canary')).toBeLessThan(text.indexOf('shift 5 % → 25 %'));
  expect(deploymentDetails({ ...deployment, outcome: 'rolled_back', reason: 'error rate' })).toContain(
    '**Outcome** rolled back: error rate',
  );
});

test('text from elsewhere makes no link, image, tag or cell', () => {
  const text = runDetails({
    ...run,
    requestedBy: 'mallory](https://example.com)',
    outcome: 'failed',
    reason: '![x](https://example.com/a.png) <img src=x> | `a` \n\n# big',
  });
  expect(text).not.toMatch(/(?<!\\)\]\(|<img|^# big/m);
});

test('what is typed next follows what is asked, and where', () => {
  expect(nextCommands({ run })).toEqual(['shipway watch v2-abc', 'shipway abort v2-abc --reason "…"']);
  const parked = { ...deployment, waitingFor: waitingFor(deployment.id) };
  expect(nextCommands({ run, deployment: parked })[0]).toMatch(/^shipway approve v2-abc /);
  expect(nextForDeployment(parked)[0]).toMatch(/^shipway approve deployment\/shop\/production\/2 /);
  expect(nextForDeployment(deployment)[0]).toMatch(/^shipway rollback --service shop /);
  expect(nextForDeployment({ ...deployment, outcome: 'shipped', reason: '' })).toEqual([]);
});
