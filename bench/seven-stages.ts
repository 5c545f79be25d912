import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { Client as Postgres } from 'pg';
import { localArtifacts } from '../src/adapters/artifacts/local.js';
import { pipelineId, QUEUES } from '../src/domain/ids.js';
import type { Plan } from '../src/domain/plan.js';
import { ROLES, workerSettings } from '../src/settings.js';
import { startWorker } from '../src/worker.js';
import { committingActivities } from './bare-activities.js';
import { bareWorker, fullServers, quietRuntime, temporaryFolder } from './lab.js';
import { interleaved, median, ms, timed, type Row } from './measure.js';
import { sevenStagePlan } from './plans.js';
import { source } from './source.js';
import { runOf } from './statements.js';

const ROUNDS = 31;
const COMMITS_A_STAGE = 2;
const STAGES = 7;

/**
 * Seven command stages running `true`, audit on, against a bare workflow whose seven activities run `true`, on one server. Both go through a
 * queue, as what runs users' commands without credentials must; what activities without one cost is told beside. A commit is measured where
 * it is made: by what two of them add to each bare activity.
 */
export async function sevenStages(): Promise<readonly Row[]> {
  const lab = await sideBySide();
  try {
    const [us = [], them = [], committing = [], eager = []] = await interleaved(
      ROUNDS,
      () => timed(lab.ours),
      () => timed(() => lab.theirs('bareStages')),
      () => timed(() => lab.theirs('bareCommittingStages')),
      () => timed(() => lab.theirs('bareEagerStages')),
    );
    // Round by round, so that what the machine does meanwhile meets both.
    const commits = median(committing.map((time, round) => time - (them[round] ?? NaN)));
    const against = (bare: readonly number[]): number => (median(us) - commits) / median(bare);
    return [
      {
        name: '7 command stages against bare activities, p50',
        value: against(them),
        unit: '×',
        budget: 1.35,
        better: 'less',
        detail: `${ms(median(us))} against ${ms(median(them))}, less ${ms(commits)} for ${String(STAGES * COMMITS_A_STAGE)} commits; ${against(eager).toFixed(2)} × against ${ms(median(eager))} without a queue`,
      },
      {
        name: '7 command stages against bare activities, history events',
        value: (await lab.events(await lab.ours())) / (await lab.events(await lab.theirs('bareStages'))),
        unit: '×',
        budget: 1.5,
        better: 'less',
        detail: 'audit on, memo written at every stage',
      },
    ];
  } finally {
    await lab.stop();
  }
}

/** A whole shipway and a worker of bare workflows on the same servers; each run answers its workflow id. */
async function sideBySide() {
  quietRuntime();
  const folder = await temporaryFolder();
  const servers = await fullServers(folder.path);
  process.env['TEMPORAL_ADDRESS'] = servers.temporal.address;
  const env = {
    DATABASE_URL: servers.databaseUrl,
    SHIPWAY_STATE_DIR: join(folder.path, 'state'),
    SHIPWAY_POLICY: servers.policy,
  };
  const worker = await startWorker(workerSettings(env, ROLES, 2), pino({ level: 'silent' }));
  const commits = await committer(servers.databaseUrl);
  const bare = await bareWorker(servers.temporal.address, committingActivities(commits.commit));
  const connection = await Connection.connect({ address: servers.temporal.address });
  const client = new Client({ connection });
  const artifacts = localArtifacts({ directory: join(folder.path, 'state/artifacts') });
  const { commit, digest } = await source(folder.path, artifacts);
  return {
    ours: () => runOnce(client, sevenStagePlan(commit), digest),
    theirs: async (type: 'bareStages' | 'bareCommittingStages' | 'bareEagerStages'): Promise<string> => {
      const workflowId = `bare-${randomUUID()}`;
      await client.workflow.execute(type, { taskQueue: 'bare', workflowId });
      return workflowId;
    },
    events: (id: string) => eventsOf(client, id),
    stop: async (): Promise<void> => {
      await worker.stop();
      await bare.stop();
      await connection.close();
      await commits.close();
      await servers.stop();
      await folder.remove();
    },
  };
}

async function runOnce(client: Client, plan: Plan, digest: string): Promise<string> {
  const input = runOf(plan, digest);
  const workflowId = pipelineId(plan.service, input.run);
  await client.workflow.execute('pipeline', { taskQueue: QUEUES.control, workflowId, args: [input] });
  return workflowId;
}

async function eventsOf(client: Client, id: string): Promise<number> {
  return (await client.workflow.getHandle(id).fetchHistory()).events?.length ?? 0;
}

/** Commits one row, with `synchronous_commit=on`, which is what PostgreSQL starts with. */
async function committer(url: string) {
  const client = new Postgres({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ synchronous_commit: string }>('SHOW synchronous_commit');
  if (rows[0]?.synchronous_commit !== 'on')
    throw new Error('the precondition is off: synchronous_commit is not on');
  await client.query('CREATE TABLE public.bench_commit (n int)');
  return {
    commit: () => client.query('INSERT INTO public.bench_commit VALUES (1)'),
    close: () => client.end(),
  };
}
