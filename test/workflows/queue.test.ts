import { expect, test } from 'vitest';
import type { PipelineInput } from '../../src/domain/inputs.js';
import type { Ended } from '../../src/domain/outcome.js';
import { MESSAGES } from '../../src/domain/messages.js';
import type { TargetView } from '../../src/domain/view.js';
import { labOfFile, targetHandle } from '../support/lab.js';
import { pipelineInput, plan } from '../support/plans.js';
import { story, type Story } from '../support/story.js';

const lab = await labOfFile();
const shop = (): Story => story(lab, 'shop');

test('lets requests wait in order, and each ends', async () => {
  const names = ['q1', 'q2', 'q3'];
  const inputs = names.map((n) => pipelineInput(plan(n)));
  for (const input of inputs) await lab.start(input);
  for (const input of inputs) await lab.answer(input, 'bob');
  const ends: Ended[] = [];
  for (const input of inputs) ends.push(await endedAfterReapproval(input));
  expect(ends.map((e) => e.outcome)).toEqual(['shipped', 'shipped', 'shipped']);
});

test('asks again when what was approved has changed meanwhile', async () => {
  const first = pipelineInput(plan('w1'));
  const second = pipelineInput(plan('w2'));
  for (const input of [first, second]) await lab.start(input);
  await lab.until(async () => (await lab.view(second)).waitingFor, 'the second gate');
  await lab.answer(first, 'bob');
  expect((await shop().ended(first)).outcome).toBe('shipped');
  const stale = (await lab.view(second)).waitingFor?.decision;
  await lab.answer(second, 'bob');
  const fresh = await lab.until(async () => {
    const decision = (await lab.view(second)).waitingFor?.decision;
    return decision === stale ? undefined : decision;
  }, 'a new decision');
  expect(fresh).not.toBe(stale);
  await lab.answer(second, 'carol');
  expect((await shop().ended(second)).outcome).toBe('shipped');
});

test('fails instead where the policy says so', async () => {
  const [first, second] = ['s1', 's2'].map((version) =>
    pipelineInput(plan(version, { service: 'strict', environment: 'strict' })),
  ) as [PipelineInput, PipelineInput];
  for (const input of [first, second]) await lab.start(input);
  await lab.until(async () => (await lab.view(second)).waitingFor, 'the second gate');
  await lab.answer(first, 'bob');
  const other = story(lab, 'strict');
  expect((await other.ended(first)).outcome).toBe('shipped');
  await lab.answer(second, 'bob');
  expect(await other.ended(second)).toMatchObject({ outcome: 'failed' });
  expect((await lab.view(second)).failure).toBe('decision.outdated');
});

async function endedAfterReapproval(input: PipelineInput): Promise<Ended> {
  for (;;) {
    const view = await lab.until(async () => {
      const v = await lab.view(input);
      return v.outcome !== undefined || v.waitingFor !== undefined ? v : undefined;
    }, `the end of ${input.run}`);
    if (view.outcome !== undefined) return shop().ended(input);
    try {
      await lab.answer(input, 'bob');
    } catch (error) {
      if (!String((error as Error).cause).includes('answered already')) throw error;
    }
    await new Promise((r) => setTimeout(r, 50));
  }
}

test('tells what it knows', async () => {
  const view = await targetHandle(lab).query<TargetView>(MESSAGES.view);
  expect(view).toMatchObject({ live: 'w2', knownGood: 'w2', queue: [], holdMarks: [] });
});

test('a run knows its deployment as soon as that has begun, not at its next repeat', async () => {
  const other = story(lab, 'told');
  const seen: (string | undefined)[] = [];
  lab.watching = async (w) => {
    if (w.service !== 'told' || w.phase !== 'bake') return undefined;
    seen.push(
      await lab.until(async () => (await lab.view(input)).deployment, 'the deployment in the run', 10_000),
    );
    return undefined;
  };
  const input = await other.begin('t1');
  expect((await other.ended(input)).outcome).toBe('shipped');
  expect(seen).toEqual(['deployment/told/production/1']);
});
