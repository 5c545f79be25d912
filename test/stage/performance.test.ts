import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { failing } from '../../activities/failure.js';
import { runPerformanceTest } from '../../activities/run-performance.js';
import { loadTool } from '../../src/dev/load-tool.js';
import type { PerformanceStage } from '../../src/domain/plan.js';
import type { Evidence } from '../../src/domain/release.js';
import type { RunPerformanceResult } from '../../src/domain/stage.js';
import { UsageError } from '../../src/errors.js';
import { membersOf } from '../../src/adapters/providers/process-find.js';
import { JOB_TOKEN } from '../../src/stage/job.js';
import { eventually } from '../support/eventually.js';
import { performanceStage } from '../support/plans.js';
import { stageLabOfFile } from '../support/stage-lab.js';

/** Answers as it is told by its variables; what it got is part of its answer to `/seen`. */
const SERVER = `
import { createServer } from 'node:http';
const { PORT, HOST, SLOW = '0', WRONG, DIES, READY = '200', SHIPWAY_LOAD } = process.env;
const seen = {};
createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
    if (request.url === '/ready') return response.writeHead(Number(READY)).end();
    const key = [request.method, request.url, request.headers['x-test'] ?? '', Buffer.concat(chunks)].join(' ');
    seen[key] = (seen[key] ?? 0) + 1;
    const all = Object.values(seen).reduce((sum, n) => sum + n, 0);
    if (DIES && all > Number(DIES)) process.exit(9);
    if (all % 50 === 0) console.log('SEEN ' + JSON.stringify(seen));
    const code = WRONG && all % 10 === 0 ? Number(WRONG) : 200;
    setTimeout(() => response.writeHead(code).end('well'), Number(SLOW));
  });
}).listen(Number(PORT), HOST);
`;
const { lab, source } = await stageLabOfFile({ 'server.mjs': SERVER });
let tool = '';
beforeAll(async () => {
  tool = await loadTool(() => undefined);
}, 180_000);
beforeEach(() => {
  lab.chunks.length = lab.entries.length = 0;
});

let runs = 0;
function begun(stage: Partial<PerformanceStage>, by = (): Promise<string> => Promise.resolve(tool)) {
  const of = performanceStage({ command: ['node', 'server.mjs'], ...stage });
  const input = { ...lab.input(source), run: `p${String((runs += 1))}`, stage: of };
  const env = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR', () => undefined) });
  const deps = { backend: lab.backend, stageDir: lab.stageDir, hostId: 'here', loadTool: by };
  const result: Promise<RunPerformanceResult> = env.run(failing(runPerformanceTest(deps)), input);
  return { env, result, job: join(lab.stageDir, 'jobs', input.run, 'load.1') };
}
const failure = (of: Partial<PerformanceStage>, by?: () => Promise<string>): Promise<ApplicationFailure> =>
  begun(of, by).result.then(
    ({ evidence }) => expect.fail(`it passed: ${evidence[0]?.summary ?? ''}`),
    (error: unknown) => error as ApplicationFailure,
  );
const evidenceOf = ({ details }: ApplicationFailure) => (details?.[0] as Evidence[] | undefined)?.[0];

test('a release that holds passes: requests by their weights, figures and the question as evidence', async () => {
  const { evidence } = await begun({
    requests: [
      { method: 'GET', path: '/a?q=1', headers: {}, weight: 3 },
      { method: 'POST', path: '/b', headers: { 'x-test': "it's" }, body: "{'x'}", weight: 1 },
    ],
  }).result;
  const [found] = evidence;
  expect(found).toMatchObject({ kind: 'performance_test', stage: 'load', verdict: 'pass' });
  expect(found?.of).toMatch(/^[0-9a-f]{64}$/);
  expect(found?.summary).toMatch(
    /^100 requests at 100\/s: errors 0 % \(at most 1 %\), p50 [\d.]+ ms, p95 [\d.]+ ms \(at most 2000 ms\), p99 [\d.]+ ms$/,
  );
  expect(JSON.parse(await text(await lab.artifacts.get(found?.digest ?? '')))).toMatchObject({
    ...{ kind: 'performance_test', verdict: 'pass' },
    figures: { planned: 100, sent: 100, errors: 0 },
    asked: { rate: 100, thresholds: { errorRate: 100, p95Ms: 2000 } },
  });
  const output = await lab.output();
  expect(output).toMatch(/^ready after [\d.]+ s, 100 requests a second for 1\.2 s\n/);
  expect(output).toContain(`SEEN ${JSON.stringify({ 'GET /a?q=1  ': 75, "POST /b it's {'x'}": 25 })}`);
  expect(lab.entries.map((e) => e.event_type)).toEqual(['stage.intent', 'stage.result']);
});

test('one that is too slow fails, with the figures', async () => {
  const failed = await failure({
    environment: { SLOW: '60' },
    thresholds: { errorRate: 100, p50Ms: 1000, p95Ms: 50 },
  });
  expect(failed).toMatchObject({ type: 'performance.failed', nonRetryable: true });
  expect(failed.message).toMatch(/^stage load: 100 requests .* p95 [\d.]+ ms \(more than 50 ms\)/);
  expect(evidenceOf(failed)).toMatchObject({ kind: 'performance_test', verdict: 'fail' });
});

test('one that answers wrong too often fails', async () => {
  const failed = await failure({ environment: { WRONG: '503' } });
  expect(failed.type).toBe('performance.failed');
  expect(failed.message).toMatch(/errors (9|10|11)(\.\d+)? % \(more than 1 %\)/);
  expect(await lab.output()).toMatch(/^\d+ .* 503 Service Unavailable$/m);
});

test('one that dies under the load fails whatever its figures are', async () => {
  const failed = await failure({
    environment: { DIES: '110' },
    thresholds: { errorRate: 10_000, p95Ms: 60_000 },
  });
  expect(failed.type).toBe('performance.failed');
  expect(failed.message).toContain('the instance ended with exit code 9 while it was loaded; 100 requests');
});

test.each([
  [
    { environment: { READY: '503' }, startupTimeoutMs: 1000 },
    /not ready within 1 s: \/ready: it answered with 503$/,
  ],
  [
    { command: ['node', '-e', 'process.exit(4)'] },
    /^the instance ended with exit code 4 before it was ready$/,
  ],
  [{ command: ['there-is-no-such-program'] }, /^the instance could not be started: spawn there-is-no-such/],
  [
    { command: ['node', '-e', 'setInterval(() => 1, 1e5)'], startupTimeoutMs: 1000 },
    /within 1 s: \/ready: nothing answered$/,
  ],
])('one that does not become ready is said to: %j', async (stage, message) => {
  const failed = await failure(stage);
  expect(failed).toMatchObject({ type: 'performance.not_ready', nonRetryable: true });
  expect(failed.message).toMatch(message);
  expect(evidenceOf(failed)).toBeUndefined();
});

const script = async (name: string, lines: string): Promise<() => Promise<string>> => {
  const file = join(lab.folder, name);
  await writeFile(file, `#!/bin/sh\n${lines}\n`);
  await chmod(file, 0o755);
  return () => Promise.resolve(file);
};

test('a load generator that is killed, or fails, leaves no verdict', async () => {
  expect(await failure({}, await script('killed', 'kill -KILL $$'))).toMatchObject({
    ...{ type: 'performance.inconclusive', message: 'the load generator was ended by SIGKILL' },
  });
  expect(await failure({}, await script('failing', 'exit 3'))).toMatchObject({
    ...{ type: 'performance.inconclusive', message: 'the load generator ended with exit code 3' },
  });
});

test('requests that could not leave leave no pass: the limit of open ones is as good as a slow generator', async () => {
  const failed = await failure({
    ...{ environment: { SLOW: '300' }, maxInFlight: 2 },
    thresholds: { errorRate: 100, p95Ms: 60_000 },
  });
  expect(failed.type).toBe('performance.inconclusive');
  expect(failed.message).toMatch(
    /^stage load: (only \d+ of 100 requests could be sent|1 of 100 requests left)/,
  );
  expect(evidenceOf(failed)?.verdict).toBe('inconclusive');
});

test('without a load generator it fails with what was tried, and has started nothing', async () => {
  const none = await failure({}, () =>
    Promise.reject(new UsageError('there is no load generator', 'get one')),
  );
  expect(none).toMatchObject({
    ...{ type: 'performance.unavailable', nonRetryable: true },
    message: 'there is no load generator\nget one',
  });
  expect(lab.entries).toEqual([]);
  const nowhere = loadTool(() => undefined, { PATH: lab.folder, SHIPWAY_CACHE_DIR: lab.folder });
  await expect(nowhere).rejects.toThrow(
    /^there is no load generator\. Tried:\n {2}- `vegeta` on the PATH: .*\n {2}- kept in .*: nothing is there\n {2}- go install github\.com\/tsenart\/vegeta\/v12@v[\d.]+: go is not installed$/,
  );
});

test('a cancelled test leaves neither generator nor instance', async () => {
  const { env, result, job } = begun({ durationMs: 600_000 });
  const ended = expect(result).rejects.toThrow();
  await eventually(async () => (await membersOf(job, undefined, JOB_TOKEN)).length >= 4 || undefined);
  env.cancel();
  await ended;
  expect(await membersOf(job, undefined, JOB_TOKEN)).toEqual([]);
});
