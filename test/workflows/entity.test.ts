import { afterEach, describe, expect, test } from 'vitest';
import { targetId } from '../../src/domain/ids.js';
import { MESSAGES } from '../../src/domain/messages.js';
import type { DeployRequest, TargetAnswer } from '../../src/domain/target.js';
import type { TargetView } from '../../src/domain/view.js';
import { labOfFile } from '../support/lab.js';
import { requestFor } from '../support/plans.js';
import { record } from '../support/record.js';

const lab = await labOfFile('real');
afterEach(() => {
  lab.watching = () => undefined;
});

/** `staging` asks for no approval, so a request stands for itself. */
const staging = (service: string, version: string, requestId = version): DeployRequest =>
  requestFor(service, 'staging', version, requestId);
const handleOf = (service: string) =>
  lab.client.workflow.getHandle(targetId({ service, environment: 'staging' }));
const settled = (request: DeployRequest): Promise<TargetAnswer> =>
  lab.until(
    async () => {
      const answer = await lab.ask(request);
      return answer.status === 'finished' || answer.status === 'refused' ? answer : undefined;
    },
    `the end of ${request.requestId}`,
    30_000,
  );
const withdraw = (service: string, requestId: string): Promise<TargetAnswer> =>
  handleOf(service).executeUpdate<TargetAnswer, [object]>(MESSAGES.withdraw, {
    args: [{ requestId, goBack: { why: 'abort', by: 'carol', reason: 'not wanted' } }],
  });
const baking = (service: string) =>
  lab.until(
    () => Promise.resolve(lab.watched.find((w) => w.service === service && w.phase === 'bake')),
    `the bake of ${service}`,
  );
const deploymentsOf = (service: string) => lab.store.rows().filter((r) => r.service === service);

describe('a repeated request', () => {
  test('is answered alike before, while and after, and deployed once', async () => {
    lab.watching = (w) => (w.service === 'alike' && w.phase === 'bake' ? 'until interrupted' : undefined);
    const [first, second] = [staging('alike', 'v1'), staging('alike', 'v2')];
    const running = { status: 'running', deployment: 'deployment/alike/staging/1' } as const;
    await lab.ask(first);
    await baking('alike');
    expect([await lab.ask(first), await lab.ask(first)]).toEqual([running, running]);
    const behind = { status: 'queued', position: 1, holder: running.deployment } as const;
    expect([await lab.ask(second), await lab.ask(second)]).toEqual([behind, behind]);
    lab.watching = () => undefined;
    await withdraw('alike', 'v1');
    const finished = await settled(first);
    expect(finished).toMatchObject({ status: 'finished', outcome: 'aborted' });
    expect(await lab.ask(first)).toEqual(finished);
    expect(await settled(second)).toMatchObject({ outcome: 'shipped' });
    expect(deploymentsOf('alike')).toHaveLength(2);
    expect(await lab.ask(first)).toEqual(finished);
  });
});

test('repeats of one request that wait for the store together are one deployment', async () => {
  lab.watching = (w) => (w.service === 'together' && w.phase === 'bake' ? 'until interrupted' : undefined);
  await lab.ask(staging('together', 'v1'));
  await baking('together');
  const second = staging('together', 'v2');
  const asked = lab.store.block('deployments.findByRequest');
  const repeats = [1, 2, 3, 4, 5].map(() => lab.ask(second));
  await asked.reached;
  await new Promise((r) => setTimeout(r, 500));
  asked.release();
  await Promise.all(repeats);
  const { queue } = await handleOf('together').query<TargetView>(MESSAGES.view);
  expect(queue.map((q) => q.requestId)).toEqual(['v2']);
  lab.watching = () => undefined;
  await withdraw('together', 'v1');
  expect(await settled(second)).toMatchObject({ outcome: 'shipped' });
  expect(await settled(staging('together', 'v3'))).toMatchObject({ outcome: 'shipped' });
  expect(deploymentsOf('together').map((r) => r.requestId)).toEqual(['v1', 'v2', 'v3']);
});

describe('a withdrawn request', () => {
  test('leaves the queue, twice alike, and does not come back', async () => {
    lab.watching = (w) => (w.service === 'withdrawn' && w.phase === 'bake' ? 'until interrupted' : undefined);
    await lab.ask(staging('withdrawn', 'v1'));
    await baking('withdrawn');
    const second = staging('withdrawn', 'v2');
    await lab.ask(second);
    const gone = { status: 'finished', deployment: '', outcome: 'aborted', reason: 'not wanted' };
    expect(await withdraw('withdrawn', 'v2')).toEqual(gone);
    expect(await withdraw('withdrawn', 'v2')).toEqual(gone);
    expect(await lab.ask(second)).toEqual(gone);
    expect((await handleOf('withdrawn').query<TargetView>(MESSAGES.view)).queue).toEqual([]);
    await withdraw('withdrawn', 'v1');
    expect(await settled(staging('withdrawn', 'v1'))).toMatchObject({ outcome: 'aborted' });
    expect(deploymentsOf('withdrawn')).toHaveLength(1);
  });

  test('that overtakes its request keeps it from being deployed', async () => {
    expect(await settled(staging('overtaken', 'v1'))).toMatchObject({ outcome: 'shipped' });
    await withdraw('overtaken', 'v2');
    expect(await lab.ask(staging('overtaken', 'v2'))).toMatchObject({ outcome: 'aborted' });
    expect(deploymentsOf('overtaken')).toHaveLength(1);
  });
});

test('a release that rules rolled back is refused, every time, also under another request', async () => {
  expect(await settled(staging('held', 'v1'))).toMatchObject({ outcome: 'shipped' });
  lab.watching = (w) => (w.phase === 'bake' ? { verdict: { kind: 'fail', reason: 'errors' } } : undefined);
  expect(await settled(staging('held', 'v2'))).toMatchObject({ outcome: 'rolled_back', reason: 'errors' });
  lab.watching = () => undefined;
  const refused = {
    status: 'refused',
    type: 'release.held',
    message: 'v2 was rolled back from here by deployment/held/staging/2: errors',
  };
  for (const id of ['again', 'again', 'once-more'])
    expect(await settled(staging('held', 'v2', id))).toEqual(refused);
  expect(await settled(staging('held', 'v3'))).toMatchObject({ outcome: 'shipped' });
  expect((await handleOf('held').query<TargetView>(MESSAGES.view)).holdMarks).toEqual(['v2 (errors)']);
});

test('a target that is cancelled lives on, and so does its deployment; it says what to do instead', async () => {
  let goOn = (): void => undefined;
  const held = new Promise<undefined>((resolve) => {
    goOn = () => {
      resolve(undefined);
    };
  });
  lab.watching = (w) => (w.service === 'cancelled' && w.phase === 'bake' ? held : undefined);
  await lab.ask(staging('cancelled', 'v1'));
  await baking('cancelled');
  await handleOf('cancelled').cancel();
  const note = await lab.until(
    async () => (await handleOf('cancelled').query<TargetView>(MESSAGES.view)).note,
    'a note',
  );
  expect(note).toBe('a target is not cancelled; abort the run whose deployment is to stop');
  goOn();
  expect(await settled(staging('cancelled', 'v1'))).toMatchObject({ outcome: 'shipped' });
  expect(await settled(staging('cancelled', 'v2'))).toMatchObject({ outcome: 'shipped' });
  expect((await handleOf('cancelled').describe()).status.name).toBe('RUNNING');
});

test('a request for another target is refused', async () => {
  await settled(staging('right', 'v1'));
  const wrong = staging('wrong', 'v1');
  await expect(handleOf('right').executeUpdate(MESSAGES.request, { args: [wrong] })).rejects.toMatchObject({
    cause: { message: 'this is target/right/staging; the request is for target/wrong/staging' },
  });
});

test('a target that is terminated leaves its queue, in its order, to the next one; a run that has ended is not served', async () => {
  let goOn = (): void => undefined;
  const held = new Promise<undefined>((resolve) => {
    goOn = () => {
      resolve(undefined);
    };
  });
  lab.watching = (w) => (w.service === 'left' && w.phase === 'bake' ? held : undefined);
  await lab.ask(staging('left', 'v1'));
  await baking('left');
  for (const version of ['v4', 'v3', 'v2']) await lab.ask(staging('left', version));
  await lab.client.workflow.getHandle(staging('left', 'v3').pipeline).terminate('by hand');
  await handleOf('left').terminate('by hand');
  expect(await lab.ask(staging('left', 'v2'))).toMatchObject({ status: 'queued', position: 3 });
  const { queue } = await handleOf('left').query<TargetView>(MESSAGES.view);
  expect(queue.map((q) => q.version)).toEqual(['v4', 'v3', 'v2']);
  goOn();
  expect(await settled(staging('left', 'v2'))).toMatchObject({ outcome: 'shipped' });
  expect(await lab.ask(staging('left', 'v3'))).toEqual({
    ...{ status: 'finished', deployment: '', outcome: 'aborted', reason: 'its run has ended' },
  });
  expect(deploymentsOf('left').map((r) => r.release.version)).toEqual(['v1', 'v4', 'v2']);
  expect(
    lab.store.entries().find((e) => e.event_type === 'request.refused' && e.service === 'left'),
  ).toMatchObject({
    details: { type: 'request.abandoned', why: 'its run has ended' },
  });
});

describe('it continues as new while a deployment runs', () => {
  /** v1 bakes, v2 waits behind it, and the target has taken so many messages that it goes on as a new run. */
  async function renewed(service: string): Promise<void> {
    lab.watching = (w) => (w.service === service && w.phase === 'bake' ? 'until interrupted' : undefined);
    await lab.ask(staging(service, 'v1'));
    await baking(service);
    await withdraw(service, 'taken-back');
    await lab.ask(staging(service, 'v2'));
    const runId = async () => (await handleOf(service).describe()).runId;
    const before = await runId();
    for (let sent = 0; sent < 1_200 && (await runId()) === before; sent += 6)
      await Promise.all(
        [1, 2, 3, 4, 5, 6].map((n) =>
          withdraw(service, `x${String(n)}-${String(sent)}`).catch(() => undefined),
        ),
      );
    expect(await runId()).not.toBe(before);
    await withdraw(service, 'taken-back');
    expect(deploymentsOf(service)).toMatchObject([{ n: 1 }]);
    expect(await lab.ask(staging(service, 'v1'))).toMatchObject({ status: 'running' });
    expect(await lab.ask(staging(service, 'v2'))).toMatchObject({ status: 'queued', position: 1 });
    expect(await lab.ask(staging(service, 'taken-back'))).toMatchObject({ outcome: 'aborted' });
  }

  test('an abort reaches the deployment, and the queue goes on', async () => {
    await renewed('long');
    lab.watching = () => undefined;
    await withdraw('long', 'v1');
    expect(await settled(staging('long', 'v1'))).toMatchObject({ outcome: 'aborted' });
    expect(await settled(staging('long', 'v2'))).toMatchObject({ outcome: 'shipped' });
    expect(deploymentsOf('long')).toHaveLength(2);
    await record('target-renewed', handleOf('long'));
  });
});
