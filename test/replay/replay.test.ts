import { readFileSync, readdirSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { workflowBundle } from '../support/servers.js';
import { HISTORIES } from '../support/record.js';

/*
 * The present workflow code takes every recorded run the way it went: runs that are under way survive an upgrade of the workers.
 * When a change is meant to differ for runs in flight, guard it with `patched()`. Only while no release has been made, record anew:
 *
 *   node scripts/record-history.js
 */
const files = readdirSync(HISTORIES).filter((name) => name.endsWith('.json'));
const historyOf = (name: string): unknown => JSON.parse(readFileSync(new URL(name, HISTORIES), 'utf8'));

test('every recorded history replays', async () => {
  const histories = files.map((name) => ({ workflowId: name, history: historyOf(name) }));
  const errors: string[] = [];
  const replayed: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle: workflowBundle() },
    histories,
  )) {
    replayed.push(workflowId);
    if (error !== undefined) errors.push(`${workflowId}: ${error.message}`);
  }
  expect(errors).toEqual([]);
  expect(replayed.sort()).toEqual(files.sort());
});

test('every workflow type has a recorded history', () => {
  const index = readFileSync(new URL('../../workflows/index.ts', import.meta.url), 'utf8');
  const types = [...index.matchAll(/export \{ (\w+) \}/g)].map((m) => m[1] ?? '');
  expect(types.length).toBeGreaterThan(0);
  expect(types.filter((type) => !files.some((f) => f.startsWith(`${type}-`)))).toEqual([]);
});

test('no history names a folder of the machine that it was recorded on', () => {
  const texts = files.map((name) => readFileSync(new URL(name, HISTORIES), 'utf8'));
  const frames = texts.flatMap((text) => [...text.matchAll(/ at (?:[^\\"]*?\()?(\/[^\s():"]*):\d/g)]);
  expect(frames.length).toBeGreaterThan(0);
  const ours = /^\/(node_modules|workflows|activities|src|test)\//;
  expect(frames.map(([, path = '']) => path).filter((path) => !ours.test(path))).toEqual([]);
});

test('a history that the code would not have made is found', async () => {
  const name = files.find((f) => f.startsWith('deployment-')) ?? '';
  const text = JSON.stringify(historyOf(name)).replaceAll('"name":"provision"', '"name":"demolish"');
  const results = Worker.runReplayHistories({ workflowBundle: workflowBundle() }, [
    { workflowId: name, history: JSON.parse(text) as unknown },
  ]);
  const errors: string[] = [];
  for await (const { error } of results) errors.push(error?.message ?? 'none');
  expect(errors.join()).toContain('TMPRL1100');
});
