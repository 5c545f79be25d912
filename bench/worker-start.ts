import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../src/paths.js';
import { identityOf } from '../src/processes.js';
import { fullServers, guard, temporaryFolder } from './lab.js';
import { median, ms, type Row } from './measure.js';

const ROUNDS = 5;

/** From the start of the process to polling, built. */
export async function workerStart(): Promise<readonly Row[]> {
  const folder = await temporaryFolder();
  const servers = await fullServers(folder.path);
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: servers.temporal.address,
    DATABASE_URL: servers.postgres.url,
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
  const begin = performance.now();
  const child = spawn(process.execPath, [join(packageRoot(), 'bin/shipway.js'), 'worker'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  guard.process(await identityOf(child.pid ?? 0));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let polling: number | undefined;
  for await (const line of createInterface({ input: child.stderr })) {
    if (!line.includes('worker polls')) continue;
    polling = performance.now() - begin;
    break;
  }
  child.stderr.resume();
  child.kill('SIGTERM');
  await ended;
  if (polling === undefined) throw new Error('the worker ended before it polled');
  return polling;
}
