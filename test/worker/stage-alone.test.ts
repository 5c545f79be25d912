import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localArtifacts } from '../../src/adapters/artifacts/local.js';
import { startRun } from '../../src/client/runs.js';
import type { PipelineInput } from '../../src/domain/inputs.js';
import { identityOf, isAlive } from '../../src/processes.js';
import { commandStage, pipelineInput, plan } from '../support/plans.js';
import { freshNamespace, temporalAddress } from '../support/servers.js';
import { committed, textOf } from '../support/stage-lab.js';
import { freshDatabase, workerProcess, type WorkerProcess } from '../support/worker-process.js';

const TOKEN = 'a long random text';
const PEOPLE = 'of people';
const folder = mkdtempSync(join(tmpdir(), 'stage-alone-'));
const artifacts = localArtifacts({ directory: join(folder, 'artifacts') });
let namespace: string;
let control: WorkerProcess;
let api: string;
let stage: WorkerProcess;
let connection: Connection;
let client: Client;

const startStage = async (token = TOKEN): Promise<WorkerProcess> => {
  const worker = workerProcess(
    folder,
    {
      TEMPORAL_NAMESPACE: namespace,
      SHIPWAY_API_URL: api,
      SHIPWAY_STAGE_TOKEN: token,
      SHIPWAY_STATE_DIR: join(folder, 'stage-state'),
      SHIPWAY_LOG_LEVEL: 'debug',
      // Offered, and not taken: it would not even answer.
      DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x',
    },
    ['--role', 'stage'],
  );
  await worker.polls;
  return worker;
};
const end = async (worker: WorkerProcess, signal: NodeJS.Signals): Promise<number | string> => {
  worker.child.kill(signal);
  return worker.ended;
};

beforeAll(async () => {
  await writeFile(
    join(folder, 'shipway.policy.yaml'),
    'environments: { production: { identity: asserted } }\n',
  );
  namespace = await freshNamespace();
  control = workerProcess(
    folder,
    {
      TEMPORAL_NAMESPACE: namespace,
      DATABASE_URL: await freshDatabase(),
      SHIPWAY_API_TOKEN: PEOPLE,
      SHIPWAY_STAGE_TOKEN: TOKEN,
      SHIPWAY_STATE_DIR: join(folder, 'state'),
      SHIPWAY_ARTIFACT_DIR: join(folder, 'artifacts'),
      SHIPWAY_LOG_LEVEL: 'debug',
    },
    ['--role', 'control,watch'],
  );
  api = (await control.polls) ?? '';
  connection = await Connection.connect({ address: temporalAddress() });
  client = new Client({ connection, namespace });
  stage = await startStage();
});
afterAll(async () => {
  for (const worker of [stage, control]) await end(worker, 'SIGKILL');
  await connection.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const ask = async (path: string): Promise<string> =>
  (await fetch(`${api}${path}`, { headers: { authorization: `Bearer ${PEOPLE}` } })).text();

async function begin(stages: readonly ReturnType<typeof commandStage>[], files = {}): Promise<PipelineInput> {
  const repository = join(folder, `repository-${randomUUID()}`);
  await mkdir(repository);
  const { commit, source } = await committed(repository, artifacts, files);
  const input = { ...pipelineInput(plan('v1', { commit, stages })), source };
  await startRun(client, { namespace, apiUrl: api }, input);
  return input;
}
const handle = ({ run }: PipelineInput) => client.workflow.getHandle(`pipeline/shop/${run}`);
const outcome = async (input: PipelineInput): Promise<string> => {
  try {
    return ((await handle(input).result()) as { outcome: string }).outcome;
  } catch (error) {
    const { cause } = error as { cause?: { type?: string; message?: string } };
    return cause?.type ?? cause?.message ?? 'failed';
  }
};
/** Everything Temporal has of a run, as the bytes that it has. */
async function recorded(input: PipelineInput): Promise<{ history: Buffer; memo: string }> {
  const { memo } = await handle(input).describe();
  const history = await handle(input).fetchHistory();
  return {
    history: Buffer.from(proto.temporal.api.history.v1.History.encode(history).finish()),
    memo: JSON.stringify(memo),
  };
}

test('what commands print is in the artifact store alone: in no history, memo, log or audit entry', async () => {
  const [planted, given] = [`planted-${randomUUID()}`, `given-${randomUUID()}`];
  const input = await begin(
    [
      commandStage('test', { script: ['cat secret', 'cat secret >&2; exit 3'], allowFailure: true }),
      commandStage('pack', {
        script: ['cp secret "$(cat secret)"'],
        artifacts: ['.'],
        environment: { GIVEN: given },
      }),
      commandStage('last', { script: ['cat secret', 'env; exit 4'] }),
    ],
    { secret: planted },
  );
  expect(await outcome(input)).toBe('run.failed');
  expect(await ask(`/v1/runs/${input.run}/logs`)).toContain(planted);
  const { history, memo } = await recorded(input);
  const audit = await ask('/v1/audit/stream');
  expect(audit).toContain('"stage.result"');
  for (const [where, text] of Object.entries({ memo, audit, control: control.log(), stage: stage.log() })) {
    expect(text, where).not.toContain(planted);
    expect(text, where).not.toContain(given);
  }
  expect(history.includes(planted)).toBe(false);
  // What the configuration gives is part of the plan, and a plan is what the history is about: so secrets never belong there.
  expect(history.includes(given)).toBe(true);
  for (const secret of [TOKEN, 'hunter2']) {
    expect(history.includes(secret)).toBe(false);
    expect([memo, audit, control.log(), stage.log()].join()).not.toContain(secret);
  }
});

const waitFor = (go: string) => `while [ ! -e ${go} ]; do sleep 0.05; done`;

test('a worker that is asked to end leaves the command running, and the next one attaches', async () => {
  const [counter, go] = [join(folder, 'counter'), join(folder, 'go')];
  const script = [`echo $$ >> ${counter}`, waitFor(go), 'echo through'];
  const input = await begin([commandStage('long', { script, onLost: 'fail' })]);
  const command = await identityOf(Number(await textOf(counter)));
  expect(await end(stage, 'SIGTERM')).toBe(0);
  expect(await isAlive(command)).toBe(true);
  stage = await startStage();
  await writeFile(go, '');
  expect(await outcome(input)).toBe('shipped');
  expect((await readFile(counter, 'utf8')).trim()).toBe(String(command.pid));
  expect(await ask(`/v1/runs/${input.run}/logs`)).toMatch(/\nthrough\n$/);
});

test.each(['cancelled', 'terminated'] as const)('a run that is %s stops its command', async (how) => {
  const started = join(folder, how);
  const input = await begin([commandStage('long', { script: [`echo $$ > ${started}`, 'sleep 300'] })]);
  const command = await identityOf(Number(await textOf(started)));
  if (how === 'cancelled') await handle(input).cancel();
  else await handle(input).terminate('enough');
  await expect.poll(() => isAlive(command), { timeout: 40_000 }).toBe(false);
});

test('a run that ended while no worker lived has its command stopped by the one that comes back', async () => {
  const started = join(folder, 'orphan');
  const input = await begin([commandStage('long', { script: [`echo $$ > ${started}`, 'sleep 300'] })]);
  const command = await identityOf(Number(await textOf(started)));
  await end(stage, 'SIGKILL');
  await handle(input).terminate('enough');
  expect(await isAlive(command)).toBe(true);
  stage = await startStage();
  await expect.poll(() => isAlive(command), { timeout: 20_000 }).toBe(false);
  await expect.poll(() => stage.log()).toContain('its run ended while no worker lived');
});

test('a worker with a wrong token begins nothing and has lost nothing: the right one does it, on_lost: fail or not', async () => {
  await end(stage, 'SIGTERM');
  const wrong = await startStage('wrong');
  const counter = join(folder, 'never');
  const input = await begin([commandStage('once', { script: [`echo x >> ${counter}`], onLost: 'fail' })]);
  const pending = async () => (await handle(input).describe()).raw.pendingActivities?.[0];
  await expect
    .poll(async () => (await pending())?.lastFailure?.message, { timeout: 40_000 })
    .toMatch(/401 the token of stage workers is missing or wrong/);
  const beat = (await pending())?.heartbeatDetails?.payloads?.[0]?.data ?? new Uint8Array();
  expect(JSON.parse(Buffer.from(beat).toString())).toEqual({ reruns: 0 });
  await end(wrong, 'SIGKILL');
  stage = await startStage();
  expect(await outcome(input)).toBe('shipped');
  expect(await readFile(counter, 'utf8')).toBe('x\n');
  expect(wrong.log()).not.toContain('hunter2');
});
