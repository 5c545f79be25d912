import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pipelineId } from '../src/domain/ids.js';
import { packageRoot } from '../src/paths.js';
import { bareLab, temporaryFolder } from './lab.js';
import { interleaved, median, ms, timed, type Row } from './measure.js';

const ROUNDS = 11;
const RUN = 'v1-bench1';

/** `shipway --help` against `node -e 0`, and `shipway status` against a bare script that connects and asks the same. */
export async function commandLine(): Promise<readonly Row[]> {
  const folder = await temporaryFolder();
  const lab = await bareLab({});
  try {
    const workflowId = pipelineId('bench', RUN);
    await lab.client.workflow.start('pipeline', { taskQueue: 'bare', workflowId, memo: { view: VIEW } });
    await mkdir(join(packageRoot(), '.cache'), { recursive: true });
    const script = join(packageRoot(), '.cache/bare-status.mjs');
    await writeFile(script, BARE);
    const env = {
      ...process.env,
      TEMPORAL_ADDRESS: lab.address,
      SHIPWAY_API_URL: 'http://127.0.0.1:1',
      BARE_ID: workflowId,
    };
    const cli = join(packageRoot(), 'bin/shipway.js');
    return [
      await compared('`shipway --help` against `node -e 0`', 2, env, [cli, '--help'], ['-e', '0']),
      await compared(
        '`shipway status` against a bare script',
        1.5,
        env,
        [cli, 'status', `bench/${RUN}`, '--json'],
        [script],
      ),
    ];
  } finally {
    await lab.stop();
    await folder.remove();
  }
}

const VIEW = {
  run: RUN,
  service: 'bench',
  environment: 'production',
  version: 'v1',
  commit: '0'.repeat(40),
  planHash: '0'.repeat(64),
  requestedBy: 'bench',
  stages: [],
};

async function compared(
  name: string,
  budget: number,
  env: NodeJS.ProcessEnv,
  ours: readonly string[],
  theirs: readonly string[],
): Promise<Row> {
  const [us = [], them = []] = await interleaved(
    ROUNDS,
    () => wallTime(ours, env),
    () => wallTime(theirs, env),
  );
  const detail = `${ms(median(us))} against ${ms(median(them))}`;
  return { name, value: median(us) / median(them), unit: '×', budget, better: 'less', detail };
}

/** The wall time of a whole process. */
const wallTime = (args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> =>
  timed(() => promisify(execFile)(process.execPath, [...args], { env }));

const BARE = `import { Client, Connection } from '@temporalio/client';
const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS });
const client = new Client({ connection });
const { status, memo } = await client.workflow.getHandle(process.env.BARE_ID).describe();
console.log(JSON.stringify({ status, memo }));
await connection.close();
`;
