import { join } from 'node:path';
import { packageRoot } from '../src/paths.js';
import { fullServers, temporaryFolder } from './lab.js';
import { median, ms, type Row } from './measure.js';
import { running } from './processes.js';

const ROUNDS = 5;

/** From the start of the process to polling, built. */
export async function workerStart(): Promise<readonly Row[]> {
  const folder = await temporaryFolder();
  const servers = await fullServers(folder.path);
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: servers.temporal.address,
    DATABASE_URL: servers.databaseUrl,
    SHIPWAY_STATE_DIR: join(folder.path, 'state'),
    SHIPWAY_POLICY: servers.policy,
  };
  try {
    await started(env);
    const times: number[] = [];
    for (let i = 0; i < ROUNDS; i++) times.push(await started(env));
    return [
      {
        name: 'worker from start to polling',
        value: median(times) / 1000,
        unit: 's',
        budget: 1.5,
        better: 'less',
        detail: times.map(ms).join(', '),
      },
    ];
  } finally {
    await servers.stop();
    await folder.remove();
  }
}

/** Until the line that says it polls. */
async function started(env: NodeJS.ProcessEnv): Promise<number> {
  const worker = await running([join(packageRoot(), 'bin/shipway.js'), 'worker'], env, 'worker polls');
  await worker.end('SIGTERM');
  return worker.tookMs;
}
