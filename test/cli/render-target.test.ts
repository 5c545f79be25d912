import { expect, test } from 'vitest';
import { renderRun } from '../../src/cli/render/run.js';
import { run } from '../domain/views.js';

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
