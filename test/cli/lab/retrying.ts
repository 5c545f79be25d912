import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { DevLab } from '../../support/dev-lab.js';

/** A run that failed is tried again without what has passed. */
export function retrying(lab: () => DevLab): void {
  const beside = (name: string): string => join(dirname(lab().directory), name);
  let first: string;

  test('a run that goes on, or is none, is not tried again', async () => {
    first = await lab().run('flaky', 'staging');
    await lab().until(first, (s) => s.run.outcome === 'failed');
    expect(await lab().json('retry nope-aaaaaa', 1)).toMatchObject({ error: { exit: 1 } });
    const status = await lab().ask(`status ${first}`);
    expect(status.stdout).toContain(`next:\n  shipway logs ${first}\n  shipway retry ${first}\n`);
  });

  test('what has passed is not repeated, and what is shipped is of both runs', async () => {
    await writeFile(beside('fixed'), '');
    const again = await lab().type(`retry ${first} --as bob`);
    expect(again.stderr).toMatch(/^not again: test$/m);
    expect(again).toMatchObject({ code: 0 });
    const [run = ''] = again.stdout.split(' ');
    expect(again.stdout).toBe(`${run} shipped: flaky is live in staging\n`);
    expect(await readFile(beside('tested'), 'utf8')).toBe('tested\n');
    expect(await lab().askJson(`status ${run}`)).toMatchObject({
      run: {
        requestedBy: 'bob',
        stages: [{ name: 'test', state: 'reused', byRun: first }, { state: 'passed' }, {}, {}],
      },
    });
    expect(await lab().askJson(`retry ${run}`, 3)).toMatchObject({
      error: { message: `${run} has ended: shipped` },
    });
  });
}
