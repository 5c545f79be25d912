import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { jsonOf } from '../support/command-line.js';
import { gone, startDemo, type Demo } from './demo-process.js';
import { FOUND_BAD } from './found-bad.js';

const NOTHING = { processes: [], folders: [] };
const RUNS_MS = 300_000;

async function demo(...args: readonly string[]): Promise<Demo> {
  const started = await startDemo(...args);
  onTestFinished(started.destroy);
  return started;
}

/** While users are served everything runs that must end: if this finds nothing, so would the checks for what is left. */
async function everythingRuns({ says, left }: Demo): Promise<void> {
  await says(/users come from now on/);
  const { processes, folders } = await left();
  for (const part of [
    'temporal server',
    'postgres',
    'gateway/main.js',
    'shipway.js worker',
    'dist/server.js',
    'guard.sh',
  ])
    expect(processes.join('\n')).toContain(part);
  expect(folders).not.toEqual([]);
}

/** The block of stdout about one release. */
const about = (out: string, release: string): string =>
  out.split('\n\n').find((block) => block.trim().startsWith(`${release} `)) ?? '';

test(
  'ships the good release without a failed request, sends the bad one back, and leaves nothing behind',
  async () => {
    const it = await demo();
    await everythingRuns(it);
    expect(await it.ended, it.err()).toBe(0);
    expect(await it.left()).toEqual(NOTHING);
    const out = it.out();
    const served = /^ {2}(\d+) requests served while it shipped, (\d+) failed: (.*)$/m;

    const v2 = about(out, 'v2');
    expect(v2).toMatch(/^v2 shipped: v2 is live in production/m);
    const [, requests, failed, versions] = served.exec(v2) ?? [];
    expect(Number(requests)).toBeGreaterThan(500);
    expect(failed).toBe('0');
    expect(versions).toMatch(/v1 \d+ \(0 failed\), v2 \d+ \(0 failed\)/);
    // Each step with what users got in it: at 5 % most had v1 and some v2.
    const [, onV1, onV2] = /watching canary 5 % .*?  (\d+) +(\d+) +0$/m.exec(v2) ?? [];
    expect(Number(onV2)).toBeGreaterThan(0);
    expect(Number(onV1)).toBeGreaterThan(5 * Number(onV2));

    const v3 = about(out, 'v3');
    expect(v3).toMatch(new RegExp(`^v3 rolled back: ${FOUND_BAD}`, 'm'));
    const [, , bad] = served.exec(v3) ?? [];
    const [, users] = /(\d+) of 500 users met v3, for [\d.]+ s/.exec(v3) ?? [];
    expect(Number(bad)).toBeGreaterThan(0);
    expect(Number(users)).toBeLessThan(100);
    expect(v3).toContain('only real traffic could show it');

    expect(out).toMatch(/^audit chain verified$/m);
    expect(out).toMatch(/^Temporal UI: http:\/\/127\.0\.0\.1:\d+ \(it ends with this demo\)$/m);
    expect(out).toContain('demo --keep');
    expect(it.err()).toMatch(/^ {2}\$ shipway run --environment production --release v2 --as alice$/m);
  },
  RUNS_MS,
);

test(
  'Ctrl-C while users are served ends everything, and the demo with 130',
  async () => {
    const it = await demo('--json');
    await everythingRuns(it);
    it.interrupt();
    expect(await it.ended).toBe(130);
    expect(await gone(it.left, 5_000)).toEqual(NOTHING);
    expect(jsonOf({ code: 130, stdout: it.out(), stderr: it.err() })).toMatchObject({
      schema: 1,
      error: { exit: 130, next: 'shipway demo begins anew' },
    });
  },
  RUNS_MS,
);

test(
  'Ctrl-C while the servers start ends what has started',
  async () => {
    const it = await demo();
    await it.says(/making the example/);
    while (!(await it.left()).processes.some((p) => p.includes('shipway.js dev')))
      await new Promise((r) => setTimeout(r, 20));
    it.interrupt();
    expect(await it.ended).toBe(130);
    expect(await gone(it.left, 5_000)).toEqual(NOTHING);
  },
  RUNS_MS,
);

test(
  'kill -9 of the demo itself: what it started ends, and its folders go',
  async () => {
    const it = await demo();
    await everythingRuns(it);
    process.kill(await childOf(it.pid), 'SIGKILL');
    expect(await it.ended).toBe(137);
    expect(await gone(it.left)).toEqual(NOTHING);
  },
  RUNS_MS,
);

/** `scripts/demo.js` hands over to the command itself. */
async function childOf(pid: number): Promise<number> {
  const children = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8');
  const command = await readFile(join('/proc', children.trim(), 'cmdline'), 'utf8');
  expect(command).toContain(join(packageRoot(), 'bin/shipway.js'));
  return Number(children);
}
