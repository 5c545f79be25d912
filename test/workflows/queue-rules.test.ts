import { afterEach, describe, expect, test } from 'vitest';
import { behind, targetsNow } from '../../src/client/targets-now.js';
import { pipelineId } from '../../src/domain/ids.js';
import { MESSAGES } from '../../src/domain/messages.js';
import type { TargetAnswer } from '../../src/domain/target.js';
import type { TargetView } from '../../src/domain/view.js';
import { labOfFile } from '../support/lab.js';
import { calm } from '../support/phases.js';
import { plan, requestFor } from '../support/plans.js';
import { bakes, by } from '../support/queueing.js';
import { record } from '../support/record.js';
import { story } from '../support/story.js';

const lab = await labOfFile();
afterEach(() => {
  calm(lab);
});

const entries = (service: string, type: string) =>
  lab.store.entries().filter((e) => e.service === service && e.event_type === type);
describe('a run that finds its target at work', () => {
  test('takes the place of those that wait, and they are told', async () => {
    const shop = story(lab, 'supersede');
    bakes(lab, 'supersede', 'v1');
    const first = await shop.begin('v1', by({}));
    await shop.watching('bake');
    const second = await shop.begin('v2', by({}));
    await shop.queued(second);
    const third = await shop.begin('v3', by({ policy: 'supersede' }));
    expect(await shop.ended(second)).toEqual({
      outcome: 'superseded',
      reason: `v3 of run ${third.run} takes its place`,
    });
    expect(await shop.status(second)).toBe('COMPLETED');
    expect(await shop.queued(third)).toBe('place 1 behind deployment/supersede/production/1');
    expect(entries('supersede', 'request.superseded').map((e) => e.version)).toEqual(['v2']);
    await record('pipeline-superseded', shop.pipeline(second));
    await shop.rollback();
    expect((await shop.ended(first)).outcome).toBe('rolled_back');
  });

  test('takes the place of several, also when all of them ask again meanwhile', async () => {
    const shop = story(lab, 'several');
    bakes(lab, 'several', 'v1');
    const first = await shop.begin('v1', by({}));
    await shop.watching('bake');
    const waiting = [await shop.begin('v2', by({})), await shop.begin('v3', by({}))];
    for (const input of waiting) await shop.queued(input);
    const held = lab.store.block('requests.settle');
    const last = await shop.begin('v4', by({ policy: 'supersede' }));
    await held.reached;
    for (const input of waiting) await shop.pipeline(input).signal(MESSAGES.outcome, { requestId: '' });
    held.release();
    for (const input of waiting) expect((await shop.ended(input)).outcome).toBe('superseded');
    expect(await shop.queued(last)).toBe('place 1 behind deployment/several/production/1');
    const view = await shop.target().query<TargetView>(MESSAGES.view);
    expect(view.queue.map((q) => q.version)).toEqual(['v4']);
    await record('target-superseding', shop.target());
    await shop.rollback();
    await shop.ended(first);
  });

  test('takes nobody’s place when it would be refused itself', async () => {
    const shop = story(lab, 'refused');
    bakes(lab, 'refused', 'v1');
    const first = await shop.begin('v1', by({}));
    await shop.watching('bake');
    const second = await shop.begin('v2', by({}));
    await shop.queued(second);
    // The commit of v2 follows that of v0, as its run has listed.
    const row = await lab.store.runs.find(pipelineId('refused', second.run));
    Object.assign(row ?? {}, { ancestors: lab.artifacts.keep(`${plan('v0').commit}\n`) });
    const older = await shop.begin('v0', by({ policy: 'supersede' }));
    expect(await shop.ended(older)).toEqual({
      outcome: 'failed',
      failure: 'run.outdated',
      reason: 'v0 is older than v2, which waits and follows it',
    });
    expect(await shop.queued(second)).toBe('place 1 behind deployment/refused/production/1');
    await shop.rollback();
    await shop.ended(first);
  });

  test('cannot be forged into taking anybody’s place', async () => {
    const shop = story(lab, 'forged');
    bakes(lab, 'forged', 'v1');
    const first = await shop.begin('v1', by({}));
    await shop.watching('bake');
    const second = await shop.begin('v2', by({}));
    await shop.queued(second);
    const forged = {
      ...requestFor('forged', 'production', 'v9', 'forged/deploy/1'),
      plan: by({ policy: 'supersede', duringBake: 'supersede' }).deployment,
    };
    const answer = await shop.target().executeUpdate<TargetAnswer, [object]>(MESSAGES.request, {
      args: [forged],
    });
    expect(answer).toMatchObject({ status: 'refused', type: 'request.mismatch' });
    const { release } = forged;
    for (const broken of [
      { plan: undefined },
      { plan: { ...forged.plan, queue: 'supersede' } },
      { release: { ...release, artifacts: undefined } },
      { release: { ...release, artifacts: ['x'] } },
      { release: undefined },
    ])
      await expect(
        shop.target().executeUpdate(MESSAGES.request, { args: [{ ...forged, ...broken }] }),
      ).rejects.toMatchObject({ cause: { message: 'this is no request to deploy' } });
    await shop.deployment(1).signal(MESSAGES.queueChanged);
    // The time-skipping server loses a workflow task that cancels what ends just then.
    await lab.until(async () => {
      const { events } = await shop.deployment(1).fetchHistory();
      const asked = events?.find(
        (e) => e.activityTaskScheduledEventAttributes?.activityType?.name === 'nextInQueue',
      );
      const told = events?.some(
        (e) => String(e.activityTaskCompletedEventAttributes?.scheduledEventId) === String(asked?.eventId),
      );
      return (asked !== undefined && told) || undefined;
    }, 'the store to have said who waits');
    expect(await shop.queued(second)).toBe('place 1 behind deployment/forged/production/1');
    expect(await shop.status(first)).toBe('RUNNING');
    await shop.rollback();
    await shop.ended(first);
  });

  test('two runs of one release: the second waits and names the first, who sees it wait, and is asked again before it goes on', async () => {
    const shop = story(lab, 'twice');
    bakes(lab, 'twice', 'v1');
    const first = await shop.begin('v1', by({}));
    await shop.watching('bake');
    const second = await shop.begin('v1', by({}));
    expect(await shop.queued(second)).toBe('place 1 behind deployment/twice/production/1');
    const target = { service: 'twice', environment: 'production' };
    const seen = async () => behind(await targetsNow(lab.client, [target]), 'deployment/twice/production/1');
    expect(await seen()).toEqual([{ run: second.run, version: 'v1', by: second.requestedBy }]);
    calm(lab);
    await shop.rollback();
    expect((await shop.ended(first)).outcome).toBe('rolled_back');
    // What it replaces is another than was approved.
    const asked = await lab.until(
      async () => (await lab.view(second)).waitingFor,
      'the second to be asked again',
    );
    expect(asked).toMatchObject({ question: 'approval', title: 'twice v1 → production, replaces nothing' });
    await lab.answer(second, 'bob');
    expect((await shop.ended(second)).outcome).toBe('shipped');
    expect(await seen()).toEqual([]);
  });

  test('is refused at once when it does not wait, and nothing of the other changes', async () => {
    const shop = story(lab, 'busy');
    bakes(lab, 'busy', 'v1');
    const first = await shop.begin('v1', by({}));
    await shop.watching('bake');
    const second = await shop.begin('v2', by({ policy: 'reject' }));
    expect(await shop.ended(second)).toEqual({
      outcome: 'failed',
      failure: 'target.busy',
      reason: 'deployment/busy/production/1 comes first, and this one does not wait (queue: reject)',
    });
    expect((await lab.view(second)).failure).toBe('target.busy');
    expect(entries('busy', 'request.refused').map((e) => e.details['type'])).toEqual(['target.busy']);
    expect(await shop.status(first)).toBe('RUNNING');
    calm(lab);
    await shop.rollback();
    await shop.ended(first);
  });

  test('that is free ships what does not wait', async () => {
    expect(await story(lab, 'free').ship('v1', by({ policy: 'reject' }))).toMatchObject({
      outcome: 'shipped',
    });
  });
});
