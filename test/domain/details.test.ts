import { expect, test } from 'vitest';
import { deploymentDetails, markdown, runDetails } from '../../src/domain/details.js';
import { deployment, run, waitingFor } from './views.js';

test('text from elsewhere makes no link, tag or emphasis, also with a backslash before it', () => {
  expect(markdown('a\\[b](c)*d*<e>|`f`\n')).toBe('a\\\\\\[b\\](c)\\*d\\* e  \\`f\\` ');
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
