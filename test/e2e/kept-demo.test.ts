import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { jsonOf } from '../support/command-line.js';
import { gone, startDemo, type Demo } from './demo-process.js';
import { openFile } from './page-file.js';
import { chromium, without } from './system.js';
import { openTemporalUi, type TemporalUi } from './temporal-ui.js';
import { FOUND_BAD } from './found-bad.js';

const BIN = join(packageRoot(), 'bin/shipway.js');
const PATIENCE_MS = 300_000;

let demo: Demo;
let ui: TemporalUi | undefined;
const left = without(chromium);
let directory: string;
const runs: Record<string, string> = {};

/** What the demo asks a person to type in another terminal, for each of its releases. */
const asked = (tag: string): Promise<RegExpExecArray> =>
  demo.says(new RegExp(`^ {4}(cd .* && node .*/bin/shipway\\.js approve (${tag}-\\w+) --as bob)$`, 'm'));

/** Typed as it stands: the demo's folder is not where the test runs. */
async function approved(tag: string): Promise<string> {
  const [, command = '', run = ''] = await asked(tag);
  runs[tag] = run;
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { cwd: '/' });
  return stdout;
}

async function shipway<T>(...args: readonly string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [BIN, ...args, '--json'], {
    cwd: directory,
  });
  return JSON.parse(stdout) as T;
}

function seen(): TemporalUi {
  if (ui === undefined) throw new Error('there is no browser');
  return ui;
}

beforeAll(async () => {
  demo = await startDemo('--keep', '--interactive', '--environments', '--json');
  const [, url = ''] = await demo.says(/^ {2}shipway is up\. Temporal UI: (\S+)$/m);
  const [, made = ''] = await demo.says(/^making the example in (\S+)$/m);
  directory = made;
  if (!left) ui = await openTemporalUi(url);
}, PATIENCE_MS);

afterAll(async () => {
  await ui?.close();
  await demo.destroy();
}, PATIENCE_MS);

test(
  'waits for a person in another terminal',
  async () => {
    expect(await approved('v1')).toMatch(/^approved storefront v1 → production/);
    const [, , run = ''] = await asked('v2');
    runs['v2'] = run;
    await new Promise((r) => setTimeout(r, 3_000));
    expect(await shipway('status', run)).toMatchObject({
      run: { waitingFor: { question: 'approval', have: 0 } },
    });
  },
  PATIENCE_MS,
);

test.skipIf(left)(
  'Temporal’s UI says who is waited for and what to type',
  async () => {
    const run = runs['v2'] ?? '';
    const waiting = `pipeline/storefront/${run}`;
    const { run: view } = await shipway<{ run: { waitingFor: { decision: string } } }>('status', run);
    const page = await seen().workflow(waiting, ['deploy-production pending']);
    for (const said of [
      'storefront v2 → staging → production (alice)',
      'test passed',
      'build passed',
      'scan passed',
      'no secrets found',
      'deploy-staging passed',
      'approve-production waiting',
      'Waiting for storefront v2 → production, replaces v1 (0 of 1)',
      `shipway approve ${run} --decision ${view.waitingFor.decision.slice(0, 12)}`,
      'run test',
      'until the question expires',
    ])
      expect(page).toContain(said);

    const list = await seen().list('ShipwayWaiting = true', [waiting]);
    expect(list).not.toContain('deployment/storefront');
    expect(list).not.toContain(`pipeline/storefront/${runs['v1'] ?? ''}`);
  },
  PATIENCE_MS,
);

test(
  'goes on with each answer, ends with everything still running, and tells how to look on',
  async () => {
    await approved('v2');
    await approved('v3');
    expect(await demo.ended, demo.err()).toBe(0);
    expect(demo.err()).toMatch(/^v2 shipped: /m);
    expect(demo.err()).toMatch(/^v3 rolled back: /m);
    expect(demo.err()).toMatch(new RegExp(`^ {2}cd ${directory}$`, 'm'));
    const told = jsonOf({ code: 0, stdout: demo.out(), stderr: demo.err() });
    expect(told).toMatchObject({ schema: 1, ok: true });
    expect(told['releases']).toMatchObject([
      { tag: 'v1', expected: 'shipped', outcome: 'shipped', run: runs['v1'] },
      { tag: 'v2', expected: 'shipped', outcome: 'shipped', run: runs['v2'] },
      { tag: 'v3', expected: 'rolled_back', outcome: 'rolled_back', run: runs['v3'] },
    ]);
    const { deployments } = await shipway<{
      deployments: readonly { environment: string; outcome: string }[];
    }>('history');
    expect(deployments.map((d) => `${d.environment} ${d.outcome}`)).toEqual([
      'production rolled_back',
      'staging shipped',
      ...['production shipped', 'staging shipped', 'production shipped', 'staging shipped'],
    ]);
    expect(demo.err()).toMatch(
      /^3 releases were built for 3 versions, and shipped to staging and production$/m,
    );
    expect(demo.err()).toMatch(/^v3 rolled back: .*; v3 was shipped to staging /m);
  },
  PATIENCE_MS,
);

test.skipIf(left)(
  'Temporal’s UI tells the story of each workflow',
  async () => {
    const shipped = await seen().workflow('deployment/storefront/production/2', ['starting v2 in green']);
    for (const said of [
      'deploy storefront v2 → production, replaces v1',
      'strategy canary, candidate in green, stable v1 in blue',
      'Outcome shipped: v2 serves production',
      'stable blue v1 0 %',
      'candidate green v2 100 %',
      'start storefront production v2 in green',
      'shift storefront production 0 % → 5 %',
      'shift storefront production 50 % → 100 %',
      'watch storefront production canary 25 %',
      'promote storefront production v2',
      'watch storefront production bake',
    ])
      expect(shipped).toContain(said);

    const back = await seen().workflow('deployment/storefront/production/3', ['starting v3 in blue']);
    expect(back).toMatch(new RegExp(`Outcome rolled back: ${FOUND_BAD}`));
    expect(back).toMatch(new RegExp(`Last verdict fail: ${FOUND_BAD}`));
    expect(back).toContain('shift storefront production back to 0 %');
    expect(back).toContain('undone: send all traffic back');

    const run = await seen().workflow(`pipeline/storefront/${runs['v3'] ?? ''}`, ['approved by bob']);
    expect(run).toMatch(new RegExp(`Outcome rolled back: ${FOUND_BAD}`));
    expect(run).toContain('Deployment: deployment/storefront/production/3');
    expect(run).not.toContain('place 1 behind');
    expect(run).toContain('ask storefront production for v3');

    const target = await seen().workflow('target/storefront/production', ['live v2, known good v2']);
    expect(target).toMatch(new RegExp(`held: automation may not ship it here again\\s+v3 \\(${FOUND_BAD}`));
  },
  PATIENCE_MS,
);

test.skipIf(left)(
  'the list is searched by service, version, outcome and who waits',
  async () => {
    const [v1, v2, v3] = ['v1', 'v2', 'v3'].map((tag) => `pipeline/storefront/${runs[tag] ?? ''}`);
    const sent = await seen().list('ShipwayOutcome = "rolled_back" AND WorkflowType = "pipeline"', [
      v3 ?? '',
    ]);
    expect(sent).not.toContain(v2);
    const all = await seen().list('ShipwayService = "storefront"', [v1 ?? '', v2 ?? '', v3 ?? '']);
    expect(all).toContain('deployment/storefront/production/1');
    const second = await seen().list('ShipwayVersion = "v2" AND ShipwayEnvironment = "production"', [
      v2 ?? '',
    ]);
    expect(second).toContain('deployment/storefront/production/2');
    expect(second).not.toContain(v3);
    expect(await seen().list('ShipwayService = "another"', ['No Results'])).not.toContain('storefront');
  },
  PATIENCE_MS,
);

test.skipIf(left)(
  'the report of a run is a page that a browser without a network shows whole, also on a phone',
  async () => {
    const file = join(directory, 'v3.html');
    expect(await shipway('report', runs['v3'] ?? '', '--verify', '--html', '--output', file)).toEqual({
      schema: 1,
      file,
    });
    for (const width of [1_200, 360]) {
      const page = await openFile(file, width);
      for (const said of [
        'storefront v3 → staging → production',
        ...['Stages', 'Decisions', 'Deployment to staging', 'Deployment to production', 'Audit'],
        ...['✓ passed', '✗ failed', 'asserted, not proved', 'chain verified', 'no secrets found'],
      ])
        expect(page.text).toContain(said);
      expect(page.text).toMatch(new RegExp(`rolled back ${FOUND_BAD}.*; v3 was shipped to staging`));
      expect(page.text).toMatch(new RegExp(`fail 1 ${FOUND_BAD}`));
      // Shares and three triggers of two deployments; every stage that ran; the look that sent it back.
      expect(await page.visible('figure.chart svg.plot path.line')).toBeGreaterThanOrEqual(8);
      expect(await page.visible('svg.bar')).toBe(7);
      expect(await page.visible('circle.mark.fail')).toBeGreaterThanOrEqual(1);
      expect(await page.visible('svg.strip rect.fail')).toBeGreaterThanOrEqual(1);
      expect({ ...page, text: '' }).toMatchObject({ requests: [], complaints: [], overflow: 0 });
      expect(page.highestRow).toBeLessThan(200);
      await page.close();
    }
  },
  PATIENCE_MS,
);

test(
  'kill of the pid it named ends all of it; the folder stays',
  async () => {
    const [, pid] = /^End it with: kill (\d+) \(its folder stays/m.exec(demo.err()) ?? [];
    expect((await demo.left()).processes.join('\n')).toContain('temporal server');
    process.kill(Number(pid), 'SIGTERM');
    const left = await gone(async () => ({ ...(await demo.left()), folders: [] }));
    expect(left.processes).toEqual([]);
    expect((await demo.left()).folders[0]).toMatch(/^shipway-demo-/);
  },
  PATIENCE_MS,
);
