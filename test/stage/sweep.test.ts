import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noteBegun, type JobOwner } from '../../src/stage/job-files.js';
import { sweepStages } from '../../src/stage/sweep.js';
import { takenForUse } from '../../src/touched.js';
import { findIdentity } from '../../src/processes.js';

let stageDir: string;
beforeEach(async () => {
  stageDir = await mkdtemp(join(tmpdir(), 'sweep-'));
});
afterEach(() => rm(stageDir, { recursive: true }));

const HOUR_MS = 3_600_000;
async function folder(path: string, hours: number): Promise<string> {
  const place = join(stageDir, path);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'content'), 'content');
  const then = new Date(Date.now() - hours * HOUR_MS);
  await utimes(place, then, then);
  return place;
}
const sweep = (open: readonly string[] = []) =>
  sweepStages({
    stageDir,
    retention: { workspacesMs: 48 * HOUR_MS, cachesMs: 100 * HOUR_MS },
    hasEnded: ({ workflowId }: JobOwner) => Promise.resolve(!open.includes(workflowId)),
    signal: new AbortController().signal,
  });

test('jobs go with their run’s folder once they are old and the run has ended', async () => {
  const owner = (workflowId: string) => ({ workflowId, runId: 'r' });
  const [young, ended, open, running] = [
    await folder('jobs/r1/build.1', 40),
    await folder('jobs/r2/build.1', 1),
    await folder('jobs/r3/build.1', 1),
    await folder('jobs/r4/build.1', 1),
  ];
  noteBegun(ended, owner('ended'), { pid: 0, startTime: '' });
  noteBegun(open, owner('open'), { pid: 0, startTime: '' });
  noteBegun(running, owner('ended'), (await findIdentity(process.pid)) ?? expect.fail());
  const then = new Date(Date.now() - 50 * HOUR_MS);
  for (const job of [ended, open, running]) await utimes(job, then, then);
  await folder('jobs/r5/never-begun.1', 50);
  expect(await sweep(['open'])).toEqual({ workspaces: 2, caches: 0, checkouts: 0 });
  expect((await readdir(join(stageDir, 'jobs'))).sort()).toEqual(['r1', 'r3', 'r4']);
  expect(await readdir(young)).toEqual(['content']);
});

test('caches and checkouts go when nobody has used them; who is told that one is there has it', async () => {
  await folder('cache/shop/aa', 120);
  await folder('cache/shop/bb', 90);
  const used = await folder('cache/shop/cc', 120);
  await folder('checkouts/dd', 120);
  await folder('checkouts/dd.ahead', 120);
  await folder('checkouts/ee.ahead', 1);
  expect(await takenForUse(used)).toBe(true);
  expect(await sweep()).toEqual({ workspaces: 0, caches: 1, checkouts: 1 });
  expect((await readdir(join(stageDir, 'cache/shop'))).sort()).toEqual(['bb', 'cc']);
  expect(await readdir(join(stageDir, 'checkouts'))).toEqual(['ee.ahead']);
  expect(await takenForUse(join(stageDir, 'cache/shop/aa'))).toBe(false);
});
