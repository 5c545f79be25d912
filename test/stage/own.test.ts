import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { beforeEach, describe, expect, test } from 'vitest';
import { failing } from '../../activities/failure.js';
import { releaseDigest } from '../../activities/release-digest.js';
import { runOwn, stagesKnown } from '../../activities/run-own.js';
import type { StageKind, StageWork } from '../../src/domain/own-stage.js';
import type { OwnStage } from '../../src/domain/plan.js';
import type { RunOwnResult } from '../../src/domain/stage.js';
import { ShipwayError } from '../../src/errors.js';
import { ownStage } from '../support/plans.js';
import { stageLabOfFile } from '../support/stage-lab.js';

const { lab, source } = await stageLabOfFile({ 'package.json': '{"license":"MIT"}\n' });
beforeEach(() => {
  lab.chunks.length = lab.entries.length = 0;
});

let runs = 0;
function begun(
  kind: StageKind,
  stage: Partial<OwnStage> = {},
  info: { attempt?: number; heartbeatDetails?: unknown } = {},
) {
  const input = { ...lab.input(source), run: `o${String((runs += 1))}`, stage: ownStage(stage) };
  const env = new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR', () => undefined) });
  const beats: unknown[] = [];
  env.on('heartbeat', (beat) => beats.push(beat));
  const deps = {
    ...{ backend: lab.backend, stageDir: lab.stageDir, hostId: 'here', kinds: { licences: kind } },
    maxArtifactBytes: 1024 ** 2,
  };
  const result: Promise<RunOwnResult> = env.run(failing(runOwn(deps)), input);
  return { env, beats, input, result };
}
const failure = (of: ReturnType<typeof begun>): Promise<ApplicationFailure> =>
  of.result.then(
    ({ reason }) => expect.fail(`it passed: ${reason}`),
    (error: unknown) => error as ApplicationFailure,
  );
const thrown = (what: unknown): never => {
  throw what;
};
const well = { passed: true, reason: 'all are allowed' };

describe('a stage kind of one’s own', () => {
  test('that leaves more than is taken fails before any of it is packed', async () => {
    const large = begun(
      async ({ workspace }) => {
        await writeFile(join(workspace, 'large.bin'), Buffer.alloc(1024 ** 2 + 1));
        return well;
      },
      { artifacts: ['large.bin'] },
    );
    const { message } = await failure(large);
    expect(message).toMatch(/large\.bin has .*, and at most 1Mi are taken/);
  });

  test('that goes on after its end has nowhere to write, and ends nobody’s worker', async () => {
    let log: StageWork['log'] | undefined;
    const { result } = begun((work) => {
      log = work.log;
      return Promise.resolve(well);
    });
    await result;
    expect(() => log?.('too late')).not.toThrow();
  });

  test('is given the source, what stands below with and a stable key, and says what it does in the log', async () => {
    let seen: StageWork | undefined;
    const { input, result } = begun(
      async (work, signal) => {
        signal.throwIfAborted();
        seen = work;
        work.log(`reads ${await readFile(join(work.workspace, 'package.json'), 'utf8')}`.trim());
        return well;
      },
      { with: { allow: ['MIT'] } },
    );
    expect(await result).toEqual({ reason: 'all are allowed', evidence: [] });
    expect(seen).toMatchObject({
      ...{ run: input.run, stage: 'licences', service: 'shop', environment: 'production', version: 'v1' },
      ...{ with: { allow: ['MIT'] }, attempt: 1, idempotencyKey: `${input.run}/licences` },
    });
    expect(await lab.output()).toBe('reads {"license":"MIT"}\n');
    expect(lab.chunks.map(({ seq, last }) => [seq, last])).toEqual([[0, true]]);
    expect(lab.entries.map((e) => [e.event_type, e.details['passed']])).toEqual([
      ['stage.intent', undefined],
      ['stage.result', true],
    ]);
    expect(existsSync(seen?.workspace ?? '')).toBe(false);
  });

  test('leaves artifacts that it declares, and its answer as evidence where the stage says so', async () => {
    const { input, result } = begun(
      async ({ workspace }) => {
        await writeFile(join(workspace, 'NOTICE'), 'MIT\n');
        return { ...well, details: { checked: 3 } };
      },
      { artifacts: ['NOTICE'], evidence: true },
    );
    const { artifacts, evidence = [] } = await result;
    expect(artifacts).toMatchObject({ stage: 'licences' });
    // Of all that it was given and leaves: that is what is deployed.
    const of = releaseDigest(input.service, [
      ...input.artifacts,
      artifacts ?? expect.fail('it left nothing'),
    ]);
    expect(evidence).toMatchObject([
      { kind: 'own', uses: 'own:licences', of, verdict: 'pass', summary: 'all are allowed' },
    ]);
    const kept = await text(await lab.artifacts.get(evidence[0]?.digest ?? ''));
    expect(JSON.parse(kept)).toEqual({
      ...{ kind: 'own', stage: 'licences', uses: 'own:licences', verdict: 'pass' },
      ...{ of, summary: 'all are allowed', details: { checked: 3 } },
    });
  });

  test('that says no fails the stage with its reason, and with what it has found out', async () => {
    const no = () => Promise.resolve({ passed: false, reason: 'GPL-3.0\nin left-pad' });
    const error = await failure(begun(no, { evidence: true }));
    expect(error).toMatchObject({ type: 'stage.failed', nonRetryable: true });
    expect(error.message).toMatch(
      /^stage licences: GPL-3\.0 in left-pad \(output: shipway logs o\d+ --stage licences\)$/,
    );
    expect(error.details?.[0]).toMatchObject([{ verdict: 'fail', summary: 'GPL-3.0 in left-pad' }]);
    expect((await failure(begun(no))).details ?? []).toEqual([]);
  });

  test.each<[string, StageKind, string]>([
    ['an error', () => Promise.reject(new Error('no network')), 'own:licences threw: no network'],
    ['at once', () => expect.fail('at once'), 'own:licences threw: at once'],
    ['what is no error', () => thrown('so'), 'own:licences threw: so'],
    [
      'a row that is tried again for ever',
      () => Promise.reject(new ShipwayError('store.unavailable', 'mine is away')),
      'own:licences threw: mine is away',
    ],
    ['nothing', () => Promise.resolve(undefined as never), 'own:licences: it answered undefined'],
    [
      'no verdict',
      () => Promise.resolve({ passed: 'yes', reason: 'x' } as never),
      'its answer says neither passed: true nor passed: false',
    ],
    ['no reason', () => Promise.resolve({ passed: true, reason: ' ' }), 'its answer has no reason'],
    [
      'another key',
      () => Promise.resolve({ ...well, detail: 1 } as never),
      'its answer has a key detail, and may have passed, reason, details',
    ],
    [
      'no plain data',
      () => Promise.resolve({ ...well, details: { at: new Date() } as never }),
      'the details of its answer are not plain data',
    ],
  ])('that answers or throws %s fails its stage, and is no bug of shipway', async (_, kind, why) => {
    const error = await failure(begun(kind));
    expect(error).toMatchObject({ type: 'stage.failed', nonRetryable: true });
    expect(error.message).toContain(why);
  });

  test('out of time it is told to stop, and the stage fails though it does not', async () => {
    const stops: StageKind = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    expect(await failure(begun(stops, { timeoutMs: 50 }))).toMatchObject({
      ...{ type: 'stage.timeout', message: 'stage licences ran longer than 0.05 s' },
    });
    const error = await failure(begun(() => sleep(60_000, well, { ref: false }), { timeoutMs: 50 }));
    expect(error.message).toBe(
      'stage licences ran longer than 0.05 s, and does not stop: it does not heed its signal',
    );
  }, 20_000);

  test('cancelled it is told to stop, and that is no failure', async () => {
    const told = { by: '' };
    const of = begun(async (work, signal) => {
      work.log('waiting');
      of.env.cancel('CANCELLED');
      await sleep(30_000, undefined, { signal }).catch((error: unknown) => (told.by = String(error)));
      return well;
    });
    await expect(of.result).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(told.by).toContain('AbortError');
    expect(await lab.output()).toBe('waiting\n');
  });

  test('whose worker died begins anew, says more in the same log, and not for ever', async () => {
    const lost = (reruns: number) => ({ attempt: 2, heartbeatDetails: { host: 'gone', reruns } });
    const of = begun(
      ({ log }) => {
        log('again');
        return Promise.resolve(well);
      },
      {},
      lost(0),
    );
    await of.result;
    expect(lab.chunks.map(({ seq }) => seq)).toEqual([1_000_000]);
    const error = await failure(begun(() => expect.fail('begun'), {}, lost(5)));
    expect(error).toMatchObject({ type: 'stage.lost' });
  });

  test('that failed in order is not taken for lost', async () => {
    const of = begun(() => Promise.reject(new Error('no')));
    await failure(of);
    expect(of.beats.at(-1)).toEqual({ reruns: 0 });
  });
});

describe('a kind that the worker was not given', () => {
  const ask = (uses: readonly string[], attempt: number) =>
    new MockActivityEnvironment({ attempt }).run(
      failing(stagesKnown({ kinds: { licences: () => Promise.resolve(well) } })),
      { uses },
    );

  test('is asked for before anything runs, and given up after a while', async () => {
    await ask(['own:licences'], 1);
    await expect(ask(['own:licences', 'own:constructor', 'licences'], 1)).rejects.toMatchObject({
      ...{ type: 'stage.unknown', nonRetryable: false },
      message: 'this worker was not given the stage kind own:constructor, licences',
    });
    await expect(ask(['own:other'], 10)).rejects.toMatchObject({ nonRetryable: true });
  });

  test('fails its stage when it is run', async () => {
    const error = await failure(begun(() => Promise.resolve(well), { uses: 'own:other' }));
    expect(error).toMatchObject({ type: 'stage.unknown' });
  });
});
