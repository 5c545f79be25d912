import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeEach, expect, test } from 'vitest';
import { releaseDigest } from '../../activities/release-digest.js';
import { runScan } from '../../activities/run-scan.js';
import { packArtifacts } from '../../src/adapters/artifacts/tar.js';
import { secretlintScanner } from '../../src/adapters/scanners/secretlint.js';
import type { Scanner } from '../../src/domain/ports.js';
import type { RunScanInput } from '../../src/domain/stage.js';
import { ShipwayError } from '../../src/errors.js';
import { PLANTED } from '../contracts/scanner.js';
import { activityOf } from '../support/activity.js';
import { scanStage } from '../support/plans.js';
import { stageLabOfFile, type Source } from '../support/stage-lab.js';

const TOKEN = PLANTED['GitHub token'] ?? '';
const { lab, source: clean } = await stageLabOfFile();
beforeEach(() => {
  lab.chunks.length = lab.entries.length = 0;
});

const input = (of: Source, more: Partial<RunScanInput> = {}): RunScanInput => ({
  ...lab.input(of),
  stage: scanStage(),
  ...more,
});
const scanned = (
  of: RunScanInput,
  scanner: Scanner = secretlintScanner(),
  by = activityOf('pipeline/shop/r'),
) => by.run(runScan({ backend: lab.backend, stageDir: lab.stageDir, hostId: 'here', scanner }), of);
const events = (): string[] => lab.entries.map((e) => e.event_type);
const leftovers = async (): Promise<string[]> => {
  const jobs = await readdir(join(lab.stageDir, 'jobs'), { recursive: true }).catch(() => []);
  return jobs.filter((path) => path.includes('workspace'));
};

test('a clean source passes, with evidence that says who looked', async () => {
  const result = await scanned(input(clean));
  expect(result).toMatchObject({
    findings: 0,
    evidence: {
      ...{ kind: 'scan', stage: 'scan', summary: 'no secrets found' },
      of: releaseDigest(lab.input(clean).service, []),
    },
  });
  expect(JSON.parse(await text(await lab.artifacts.get(result.evidence.digest)))).toEqual({
    scanner: 'secretlint',
    findings: [],
  });
  expect(await lab.output()).toBe('no secrets found\n');
  expect(events()).toEqual(['stage.intent', 'stage.result']);
  expect(await leftovers()).toEqual([]);
});

test('secrets in the source and in what stages made are found, and never repeated: not in evidence, output or entries', async () => {
  const dirty = await lab.commit({ 'src/config.js': `\nkey = '${TOKEN}';\n` });
  const made = await mkdtemp(join(lab.folder, 'made-'));
  await writeFile(join(made, 'app.min.js'), `${'a=1;'.repeat(10_000)}k="${TOKEN}"`);
  const artifact = { stage: 'build', ...(await lab.artifacts.put(packArtifacts(made, ['.']))) };
  const result = await scanned(input(dirty, { artifacts: [artifact] }));
  const of = releaseDigest(lab.input(dirty).service, [artifact]);
  expect(result).toMatchObject({ findings: 2, evidence: { summary: '2 secrets found', of } });
  const output = await lab.output();
  expect(output).toMatch(/^2 secrets found\napp\.min\.js:1 .*\nsrc\/config\.js:2 .*\n$/);
  const evidence = await text(await lab.artifacts.get(result.evidence.digest));
  expect([output, evidence, JSON.stringify([lab.entries, result])].join()).not.toContain(TOKEN.slice(4));
  expect(lab.entries.at(-1)?.details).toMatchObject({ findings: 2, evidence: result.evidence.digest });
});

test('again is the same: evidence by the same digest, output once', async () => {
  const of = input(clean);
  const first = await scanned(of);
  expect(await scanned(of, secretlintScanner(), activityOf('pipeline/shop/r', { attempt: 2 }))).toEqual(
    first,
  );
  expect(lab.chunks).toHaveLength(1);
});

test('a scanner that could not look never passes: the stage is tried again, and says nothing of a result', async () => {
  const scan = () => Promise.reject(new ShipwayError('scan.unavailable', 'secretlint cannot be loaded'));
  await expect(scanned(input(clean), { name: 'x', scan })).rejects.toMatchObject({
    type: 'scan.unavailable',
    nonRetryable: false,
  });
  expect(events()).toEqual(['stage.intent']);
  expect(lab.chunks).toEqual([]);
  expect(await leftovers()).toEqual([]);
});

test('nor does one that broke, and it is not tried for ever', async () => {
  const scan = () => Promise.reject(new TypeError('x is not a function'));
  await expect(scanned(input(clean), { name: 'x', scan })).rejects.toMatchObject({
    type: 'internal.bug',
    nonRetryable: true,
  });
});

const endless: Scanner = {
  name: 'endless',
  scan: (_, signal) =>
    new Promise((_resolve, reject) => {
      const stop = (): void => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', stop);
      // As every adapter heeds one that was given up before it was asked.
      if (signal.aborted) stop();
    }),
};

test('one that does not come to an end is stopped at the stage’s timeout', async () => {
  const of = input(clean, { stage: scanStage({ timeoutMs: 1_500 }) });
  await expect(scanned(of, endless)).rejects.toMatchObject({
    type: 'stage.timeout',
    nonRetryable: true,
    message: 'stage scan ran longer than 1.5 s',
  });
  expect(await leftovers()).toEqual([]);
});

test('cancelled it stops and leaves nothing', async () => {
  const by = activityOf('pipeline/shop/r');
  const scanning = scanned(input(clean), endless, by);
  const stopped = expect(scanning).rejects.toMatchObject({ name: 'CancelledFailure' });
  await expect.poll(leftovers).not.toEqual([]);
  by.env.cancel();
  await stopped;
  expect(await leftovers()).toEqual([]);
});
