import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { RunView } from '../../src/domain/view.js';
import { until } from '../gateway/lab.js';
import { sql } from '../store/cluster.js';
import { commandStage, scanStage, statement } from '../support/plans.js';
import { faultLab, type FaultLab } from './lab.js';
import { auditIsWhole, build, service } from './service.js';

const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  await Promise.all(ends.map((end) => end()));
});

/** What a stage said, as it lies in database and artifact store. */
async function outputOf(lab: FaultLab, run: string, stage: string): Promise<string> {
  const chunks = await sql(
    lab.databaseUrl,
    `SELECT digest, last FROM shipway.log_chunks WHERE run = '${run}' AND stage = '${stage}' ORDER BY attempt, seq`,
  );
  expect(chunks.map((c) => c['last'])).toEqual(chunks.map((_, i) => i === chunks.length - 1));
  const folder = join(lab.stateDir, 'artifacts/sha256');
  const texts = await Promise.all(
    chunks.map((c) => readFile(join(folder, String(c['digest']).slice(0, 2), String(c['digest'])), 'utf8')),
  );
  return texts.join('');
}

const said = async (file: string): Promise<string[]> =>
  (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
const counting = (file: string, lines: readonly string[]): string[] =>
  lines.flatMap((line) => [`echo ${line} >> ${file}`, `echo said ${line}`, 'sleep 0.7']);

test('the worker killed in and after every kind of stage', async () => {
  const lab = await faultLab({
    faults: [
      { name: '0-command-during', activity: 'runStage', moment: 'during' },
      { name: '1-command-after', activity: 'runStage', moment: 'after' },
      { name: '2-command-before', activity: 'runStage', moment: 'before' },
      { name: '3-scan-intended', query: 'scanner', moment: 'after' },
      { name: '4-scan-after', activity: 'runScan', moment: 'after' },
      { name: '5-deploy', activity: 'provision', moment: 'during' },
    ],
  });
  ends.push(lab.end);
  const shop = service(lab, 'shop', 'production');
  const count = (stage: string): string => join(lab.folder, `count-${stage}`);
  const command = (name: string) =>
    commandStage(name, { script: counting(count(name), ['one', 'two', 'three']) });
  await lab.worker.arm();
  const run = await shop.begin('v1', {
    before: [
      command('test'),
      build({ script: counting(count('build'), ['one', 'two', 'three']) }),
      command('package'),
      scanStage(),
      scanStage({ name: 'scan-again' }),
      { kind: 'approve', name: 'approve', needs: [] },
    ],
  });
  const view = async (): Promise<RunView | undefined> =>
    (await lab.client.view<RunView>(`pipeline/shop/${run}`))?.view;
  await until(
    async () => {
      const now = await view();
      expect(now?.reason).toBeUndefined();
      return now?.waitingFor !== undefined;
    },
    400_000,
    100,
  );
  expect(lab.worker.deaths).toEqual([
    '0-command-during',
    '1-command-after',
    '2-command-before',
    '3-scan-intended',
    '4-scan-after',
  ]);
  await lab.worker.kill();
  const waiting = (await view())?.waitingFor;
  expect(waiting).toMatchObject({ question: 'approval' });
  await lab.worker.start();
  const decision = waiting?.decision ?? '';
  const workflow = `pipeline/shop/${run}`;
  expect(await lab.client.answer(workflow, statement('bob', 'approve', decision))).toMatchObject({
    status: 'accepted',
  });
  expect(await shop.ended(run)).toMatchObject({ outcome: 'shipped' });
  for (const stage of ['test', 'build', 'package']) {
    expect(await said(count(stage))).toEqual(['one', 'two', 'three']);
    const output = await outputOf(lab, run, stage);
    expect(output.split('\n').filter((line) => line.startsWith('said'))).toEqual([
      'said one',
      'said two',
      'said three',
    ]);
  }
  expect(await outputOf(lab, run, 'scan')).toBe('no secrets found\n');
  expect(await outputOf(lab, run, 'scan-again')).toBe('no secrets found\n');
  expect(lab.worker.deaths.at(-1)).toBe('5-deploy');
  await shop.serves('v1');
  expect(await shop.starts()).toEqual({ v1: 1 });
  await auditIsWhole(lab);
}, 480_000);
