import type { WorkflowHandle } from '@temporalio/client';
import { beforeAll, expect, test } from 'vitest';
import { targetId } from '../../src/domain/ids.js';
import { MESSAGES } from '../../src/domain/messages.js';
import type { DeployRequest, TargetAnswer } from '../../src/domain/target.js';
import type { TargetView } from '../../src/domain/view.js';
import { labOfFile } from '../support/lab.js';
import { requestFor, statement } from '../support/plans.js';
import { story } from '../support/story.js';

const lab = await labOfFile('real');
let broken: string | undefined;
beforeAll(() => {
  const { audit, requests } = lab.store;
  const [append, waiting] = [audit.append.bind(audit), requests.waiting.bind(requests)];
  Object.assign(audit, {
    append: (entries: Parameters<typeof append>[0]) =>
      entries.some((e) => broken === `${e.event_type} ${e.service}`)
        ? Promise.reject(new Error('nobody foresaw this'))
        : append(entries),
  });
  Object.assign(requests, {
    waiting: (of: Parameters<typeof waiting>[0]) =>
      broken === `waiting ${of.service}` ? Promise.reject(new Error('nobody foresaw this')) : waiting(of),
  });
});

/** What it asks: mended meanwhile, and told to try again. */
async function mended(handle: WorkflowHandle): Promise<string> {
  const { decision, title } = await lab.until(
    async () => {
      const view = await handle.query<TargetView>(MESSAGES.view).catch(() => undefined);
      return view?.waitingFor;
    },
    'a question',
    30_000,
  );
  broken = undefined;
  const s = statement('bob', 'approve', decision ?? '');
  await handle.executeUpdate(MESSAGES.approve, { args: [s] });
  return title;
}
const QUESTION = ': nobody foresaw this (internal.bug). It is tried again in ten minutes; either answer: now';

test('a target that cannot read the store asks, and goes on with its queue', async () => {
  const ask = async (request: DeployRequest): Promise<TargetAnswer | undefined> =>
    lab.ask(request).catch(() => undefined);
  const request = requestFor('lost-sight', 'staging', 'v1', 'r1');
  broken = 'waiting lost-sight';
  await ask(request);
  const handle = lab.client.workflow.getHandle(targetId(request));
  expect(await mended(handle)).toBe(`the target cannot go on${QUESTION}`);
  const ended = await lab.until(
    async () => {
      const answer = await ask(request);
      return answer?.status === 'finished' ? answer : undefined;
    },
    'the end of the request',
    30_000,
  );
  expect(ended).toMatchObject({ outcome: 'shipped' });
});

test('a deployment that has shipped is not judged by an end that cannot be recorded', async () => {
  const shop = story(lab, 'no-end');
  broken = 'deployment.finished no-end';
  const input = await shop.begin('v1');
  expect(await mended(shop.deployment(1))).toBe(`its end cannot be recorded${QUESTION}`);
  expect(await shop.ended(input)).toMatchObject({ outcome: 'shipped' });
  expect(lab.world.log.filter((line) => line.startsWith('close'))).toEqual([]);
  expect(shop.state()?.live?.release.version).toBe('v1');
});

test('nor is a run', async () => {
  const shop = story(lab, 'no-run-end');
  broken = 'run.finished no-run-end';
  const input = await shop.begin('v1');
  await lab.until(
    async () => ((await lab.view(input)).outcome === undefined ? undefined : true),
    'the end of the stages',
    30_000,
  );
  expect(await mended(shop.pipeline(input))).toBe(`its end cannot be recorded${QUESTION}`);
  expect(await shop.ended(input)).toMatchObject({ outcome: 'shipped' });
});
