import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { pipelineId } from '../../src/domain/ids.js';
import type { PipelineInput } from '../../src/domain/inputs.js';
import type { Plan } from '../../src/domain/plan.js';
import type { RunView } from '../../src/domain/view.js';
import { labOfFile } from '../support/lab.js';
import { commandStage, deploymentPlan, pipelineInput, plan } from '../support/plans.js';
import { record } from '../support/record.js';
import { endedOf } from '../support/story.js';

const lab = await labOfFile();
const handle = ({ plan: { service }, run }: PipelineInput) =>
  lab.client.workflow.getHandle(pipelineId(service, run));

/** Staging first, where the policy asks nobody, then production, where it asks one; `check` after each deployment. */
const chained = (service: string, version = 'v1'): Plan =>
  plan(version, {
    service,
    through: ['staging'],
    stages: [
      commandStage('build'),
      ...['staging', 'production'].flatMap((inEnvironment) => [
        { kind: 'approve' as const, name: `approve-${inEnvironment}`, needs: [], inEnvironment },
        {
          ...{ kind: 'deploy' as const, name: `deploy-${inEnvironment}`, needs: [], inEnvironment },
          deployment: deploymentPlan({ bakeMs: inEnvironment === 'staging' ? 1_000 : 60_000 }),
        },
        commandStage(`check-${inEnvironment}`, { inEnvironment }),
      ]),
    ],
  });

async function begun(service: string, version?: string): Promise<PipelineInput> {
  const input = pipelineInput(chained(service, version));
  await lab.start(input);
  return input;
}
const states = ({ stages }: RunView): Record<string, string> =>
  Object.fromEntries(stages.map((s) => [s.name, s.state]));
const liveIn = (service: string, environment: string): string | undefined =>
  lab.store.states.get(`${service}/${environment}`)?.live?.release.version;
const finished = (service: string) =>
  lab.store.entries().filter((e) => e.event_type === 'run.finished' && e.service === service);

describe('a run through staging and production', () => {
  test('builds once, ships to each in its turn, and asks for each by its own decision', async () => {
    const ran: string[] = [];
    lab.staging = (stage) => Promise.resolve(void ran.push(stage));
    const input = await begun('through');
    const waiting = await lab.until(async () => {
      const view = await lab.view(input);
      return view.waitingFor === undefined ? undefined : view;
    }, 'the gate of production');
    expect(waiting).toMatchObject({
      environment: 'production',
      environments: ['staging', 'production'],
      waitingFor: { title: 'through v1 → production, replaces nothing' },
    });
    expect(states(waiting)).toMatchObject({
      'deploy-staging': 'passed',
      'check-staging': 'passed',
      'approve-production': 'waiting',
      'deploy-production': 'pending',
    });
    expect([liveIn('through', 'staging'), liveIn('through', 'production')]).toEqual(['v1', undefined]);
    await lab.answer(input, 'bob');
    expect(await endedOf(handle(input))).toEqual({
      outcome: 'shipped',
      reason: 'v1 is live in staging and production',
    });
    expect(ran).toEqual(['build', 'check-staging', 'check-production']);
    const releases = await lab.store.releases.list({ service: 'through', limit: 10 });
    expect(releases).toHaveLength(1);
    expect(liveIn('through', 'production')).toBe('v1');
    const gates = lab.store
      .entries()
      .filter((e) => e.event_type === 'gate.opened' && e.service === 'through');
    expect(gates.map((e) => e.environment)).toEqual(['staging', 'production']);
    expect(new Set(gates.map((e) => e.details['decision'])).size).toBe(2);
    await record('pipeline-through', handle(input));
  });

  test('that is rejected before production has its version in staging, and says so', async () => {
    const input = await begun('rejected');
    await lab.answer(input, 'bob', 'reject');
    const ended = await endedOf(handle(input));
    expect(ended.outcome).toBe('rejected');
    expect(ended.reason).toMatch(/^rejected by bob: .*; v1 was shipped to staging$/);
    expect(finished('rejected').map((e) => [e.environment, e.details['outcome']])).toEqual([
      ['production', 'rejected'],
    ]);
    expect([liveIn('rejected', 'staging'), liveIn('rejected', 'production')]).toEqual(['v1', undefined]);
  });

  test('does not begin production when a stage after staging fails', async () => {
    lab.staging = (stage) =>
      stage === 'check-staging'
        ? Promise.reject(ApplicationFailure.nonRetryable('the checkout is broken', 'stage.failed'))
        : Promise.resolve();
    const input = await begun('failed');
    const ended = await endedOf(handle(input));
    lab.staging = () => Promise.resolve();
    expect(ended).toMatchObject({
      outcome: 'failed',
      reason: /the checkout is broken; v1 was shipped to staging$/,
    });
    expect(states(await lab.view(input))).toMatchObject({
      'check-staging': 'failed',
      'approve-production': 'pending',
    });
    expect(liveIn('failed', 'production')).toBeUndefined();
  });

  test('goes back in production alone', async () => {
    const first = await begun('back');
    await lab.answer(first, 'bob');
    expect(await endedOf(handle(first))).toMatchObject({ outcome: 'shipped' });
    lab.watching = ({ phase, environment }) =>
      phase.startsWith('canary') && environment === 'production'
        ? { verdict: { kind: 'fail', reason: 'errors' } }
        : undefined;
    const second = await begun('back', 'v2');
    await lab.answer(second, 'bob');
    const ended = await endedOf(handle(second));
    lab.watching = () => undefined;
    expect(ended).toMatchObject({ outcome: 'rolled_back', reason: /v2 was shipped to staging$/ });
    expect([liveIn('back', 'staging'), liveIn('back', 'production')]).toEqual(['v2', 'v1']);
  });

  test('that is aborted at production’s gate leaves staging as it is', async () => {
    const input = await begun('aborted');
    await lab.until(async () => (await lab.view(input)).waitingFor, 'the gate of production');
    await handle(input).cancel();
    expect(await endedOf(handle(input))).toMatchObject({ outcome: 'aborted' });
    expect((await lab.view(input)).reason).toBe('cancelled in Temporal; v1 was shipped to staging');
    expect(liveIn('aborted', 'staging')).toBe('v1');
  });
});
