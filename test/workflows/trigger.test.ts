import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { beforeEach, expect, test } from 'vitest';
import { QUEUES, pipelineId } from '../../src/domain/ids.js';
import {
  triggerId,
  triggeredRun,
  type Cause,
  type Named,
  type Repository,
} from '../../src/domain/trigger.js';
import { ShipwayError } from '../../src/errors.js';
import { sha256 } from '../../src/hash.js';
import type { trigger } from '../../workflows/index.js';
import { labOfFile } from '../support/lab.js';
import { pipelineInput, plan } from '../support/plans.js';
import { record } from '../support/record.js';

const lab = await labOfFile();
const { triggers } = lab;
const REPOSITORY: Repository = {
  ...{ url: '/srv/shop.git', file: 'shipway.yaml', provider: 'github', project: 'acme/shop' },
  hook: { secret: 'SHIPWAY_TRIGGER_SECRET', branches: ['main'] },
  status: { token: 'SHIPWAY_TRIGGER_TOKEN', api: 'https://api.github.com' },
};
beforeEach(() => {
  triggers.shown.length = 0;
  triggers.mute = false;
});

const push = (after: string, named: Named = { branch: 'main' }): Cause => ({
  ...{ kind: 'push', provider: 'github', delivery: 'd-1', ...named },
  ...{ before: '0'.repeat(40), after, pusher: 'ann', alsoKnownAs: ['ann@acme.example'] },
});
/** Each test has a service of its own. */
async function fired(service: string, cause: Cause, repository = REPOSITORY) {
  triggers.repositories[service] = repository;
  const workflowId = triggerId(service, 'key');
  const handle = await lab.client.workflow.start<typeof trigger>('trigger', {
    ...{ workflowId, taskQueue: QUEUES.control, args: [{ service, cause }] },
  });
  return { handle, run: (commit: string) => triggeredRun(cause, commit, sha256(workflowId)) };
}
const refusalOf = async (handle: Awaited<ReturnType<typeof fired>>['handle']) => {
  const error: unknown = await handle.result().catch((caught: unknown) => caught);
  const cause = error instanceof WorkflowFailedError ? error.cause : error;
  return cause instanceof ApplicationFailure ? { type: cause.type, message: cause.message } : cause;
};
const entries = (service: string, event: string) =>
  lab.store.entries().filter((e) => e.service === service && e.event_type === event);

const NIGHTLY: Cause = { kind: 'schedule', name: 'nightly', by: 'carol', branch: 'main' };
test.each<[string, string, Partial<Extract<Cause, { kind: 'schedule' }>>, string]>([
  ['of another branch', 'clock-branch', { branch: 'wip' }, 'ship wip of clock-branch, only main'],
  [
    'to another environment',
    'clock-where',
    { environment: 'production' },
    'ship clock-where to production, only to staging',
  ],
  ['that leads elsewhere', 'clock-leads', {}, 'ship clock-leads to production, only to staging'],
])('a schedule %s than the policy lets it starts no run, and says why', async (_, service, more, why) => {
  triggers.head = plan('v1').commit;
  triggers.planned = () => plan('v1', { service, environment: 'production', through: ['staging'] });
  const repository = { ...REPOSITORY, schedule: { branches: ['main'], environments: ['staging'] } };
  const { handle } = await fired(service, { ...NIGHTLY, ...more }, repository);
  const message = `the policy lets no schedule ${why}`;
  expect(await refusalOf(handle)).toMatchObject({ type: 'repository.unknown', message });
  expect(entries(service, 'trigger.refused')).toMatchObject([
    { details: { by: 'schedule:nightly', why: message } },
  ]);
  expect(entries(service, 'trigger.fired')).toEqual([]);
});

test('a push starts the run of its commit; who pushed it may not approve it; the commit shows how it goes', async () => {
  const { commit } = plan('v1');
  triggers.planned = (wanted) => plan('v1', { service: wanted.service, commit: wanted.commit });
  const { handle, run } = await fired('pushed', push(commit));
  const input = pipelineInput(plan('v1', { service: 'pushed' }), run(commit));
  await lab.until(
    () =>
      lab.view(input).then(
        ({ waitingFor }) => waitingFor,
        () => undefined,
      ),
    'the approval',
  );
  for (const barred of ['ann', 'ann@acme.example', 'hook:github/ann', 'dev'])
    expect(await lab.answer(input, barred)).toMatchObject({ status: 'refused' });
  await lab.until(() => Promise.resolve(triggers.shown[0]), 'the first status');
  expect(triggers.shown).toEqual([
    {
      ...{ commit, state: 'pending', context: 'shipway/pushed' },
      description: `run ${input.run} is under way`,
      link: `http://ui.example/namespaces/default/workflows/${encodeURIComponent(pipelineId('pushed', input.run))}`,
    },
  ]);
  expect(await lab.answer(input, 'bob')).toMatchObject({ status: 'accepted' });
  const ended = await handle.result();
  expect(ended).toMatchObject({ service: 'pushed', environment: 'production', run: input.run, commit });
  expect(ended).toMatchObject({ outcome: 'shipped' });
  expect(triggers.shown.at(-1)).toMatchObject({
    state: 'success',
    description: 'shipped: v1 is live in production',
  });
  expect(await lab.store.runs.find(pipelineId('pushed', input.run))).toMatchObject({
    requestedBy: 'hook:github/ann',
    plan: { askedBy: ['ann', 'ann@acme.example'] },
  });
  expect(entries('pushed', 'trigger.fired')).toMatchObject([
    { details: { delivery: 'd-1', branch: 'main' } },
  ]);
  await record('trigger-push', handle);
});

test('a tag ships what it stands for, under its name; one that is not at what was pushed starts nothing', async () => {
  const { commit } = plan('v1.2.3');
  const object = '7'.repeat(40);
  triggers.head = commit;
  triggers.annotated = object;
  triggers.planned = ({ service, commit, named }) =>
    plan('tag' in named ? named.tag : 'unnamed', { service, commit, environment: 'staging' });
  const repository = { ...REPOSITORY, hook: { secret: 's', branches: [], tags: ['v*'] } };
  const { handle, run } = await fired('tagged', push(object, { tag: 'v1.2.3' }), repository);
  expect(await handle.result()).toMatchObject({ run: run(commit), commit, outcome: 'shipped' });
  expect(run(commit)).toMatch(/^v1\.2\.3-[0-9a-f]{8}$/);
  expect(await lab.store.runs.find(pipelineId('tagged', run(commit)))).toMatchObject({
    plan: { version: 'v1.2.3', commit },
  });
  expect(entries('tagged', 'trigger.fired')).toMatchObject([{ details: { tag: 'v1.2.3' } }]);
  expect(triggers.shown).toMatchObject([{ commit, state: 'pending' }, { state: 'success' }]);
  triggers.annotated = '8'.repeat(40);
  const moved = await fired('tag-moved', push(object, { tag: 'v1.2.3' }), repository);
  expect(await refusalOf(moved.handle)).toMatchObject({ type: 'commit.unknown' });
  delete triggers.annotated;
});

test('a run that is tried again is shown at its commit, by what was admitted; one of nobody’s trigger is not', async () => {
  triggers.repositories['again'] = REPOSITORY;
  const follow = (run: string) =>
    lab.client.workflow.start<typeof trigger>('trigger', {
      workflowId: triggerId('again', run),
      ...{ taskQueue: QUEUES.control, args: [{ service: 'again', follows: run }] },
    });
  const of = plan('v1', { service: 'again', environment: 'staging' });
  const asked = pipelineInput({ ...of, askedBy: ['ann'] });
  await lab.start(asked);
  expect(await (await follow(asked.run)).result()).toMatchObject({ outcome: 'shipped', commit: of.commit });
  expect(triggers.shown).toMatchObject([
    { commit: of.commit, state: 'pending', context: 'shipway/again' },
    { commit: of.commit, state: 'success', description: 'shipped: v1 is live in staging' },
  ]);
  triggers.shown.length = 0;
  const byHand = pipelineInput(plan('v2', { service: 'again', environment: 'staging' }));
  await lab.start(byHand);
  for (const run of [byHand.run, 'no-such-run'])
    expect(await (await follow(run)).result()).toMatchObject({ outcome: 'failed', commit: '' });
  expect(triggers.shown).toEqual([]);
});

test('what starts nothing says why: in its failure, in the audit, at the commit', async () => {
  triggers.planned = () => {
    throw new ShipwayError('config.invalid', `shipway.yaml:3:1 it is ${'x'.repeat(200)}`);
  };
  const { handle } = await fired('broken', push('b'.repeat(40)));
  expect(await refusalOf(handle)).toMatchObject({ type: 'config.invalid' });
  expect(triggers.shown).toMatchObject([{ state: 'failure', commit: 'b'.repeat(40) }]);
  expect(triggers.shown[0]?.description).toMatch(/^shipway.yaml:3:1 it is x+…$/);
  expect(triggers.shown[0]?.description).toHaveLength(140);
  expect(entries('broken', 'trigger.refused')).toMatchObject([{ version: 'b'.repeat(12) }]);
});

test.each<[string, string, Cause, Repository]>([
  ['a branch that the policy does not name', 'branch', push('c'.repeat(40), { branch: 'wip' }), REPOSITORY],
  ['a tag that the policy does not name', 'tagless', push('c'.repeat(40), { tag: 'v1' }), REPOSITORY],
  [
    'a repository without hooks',
    'hookless',
    push('c'.repeat(40)),
    { url: '/srv/x.git', file: 'shipway.yaml' },
  ],
])('a push that somebody starts by hand, of %s, starts no run', async (_, service, cause, repository) => {
  triggers.planned = () => plan('v1', { service });
  const { handle } = await fired(service, cause, repository);
  expect(await refusalOf(handle)).toMatchObject({ type: 'repository.unknown' });
});

test('a schedule ships the newest commit to where it says, and whoever made it is not its approver; statuses are not needed', async () => {
  const { commit } = plan('v2');
  triggers.head = commit;
  triggers.mute = true;
  triggers.planned = ({ service, environment = '' }) => plan('v2', { service, environment });
  const schedule = { branches: ['main'], environments: ['staging'] };
  const { handle, run } = await fired(
    'nightly',
    { ...NIGHTLY, environment: 'staging' },
    { ...REPOSITORY, schedule },
  );
  expect(await handle.result()).toMatchObject({
    run: run(commit),
    environment: 'staging',
    outcome: 'shipped',
  });
  expect(await lab.store.runs.find(pipelineId('nightly', run(commit)))).toMatchObject({
    requestedBy: 'schedule:nightly',
    plan: { askedBy: ['carol'] },
  });
  expect(triggers.shown).toEqual([]);
});
