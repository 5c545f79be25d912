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
import { sevenStagePlan } from './plans.js';
import { source } from './source.js';
import { runOf } from './statements.js';

/** A whole shipway and a worker of bare workflows on the same servers; each run answers its workflow id. */
export async function sideBySide() {
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
    ...{ folder: folder.path, databaseUrl: servers.databaseUrl },
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

export type SideBySide = Awaited<ReturnType<typeof sideBySide>>;

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
