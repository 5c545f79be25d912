import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipelineId } from '../src/domain/ids.js';
import { packageRoot } from '../src/paths.js';
import { bareLab, temporaryFolder } from './lab.js';
import { interleaved, median, ms, type Row } from './measure.js';

const ROUNDS = 11;
const RUN = 'v1-bench1';

/** `shipway --help` against `node -e 0`, and `shipway status` against a bare script that connects and asks the same. */
export async function commandLine(): Promise<readonly Row[]> {
  const folder = await temporaryFolder();
  const lab = await bareLab({});
  try {
    const workflowId = pipelineId('bench', RUN);
    const view = {
      run: RUN,
      service: 'bench',
      environment: 'production',
      version: 'v1',
      commit: '0'.repeat(40),
      planHash: '0'.repeat(64),
      requestedBy: 'bench',
      stages: [],
    };
    await lab.client.workflow.start('bareGate', { taskQueue: 'bare', workflowId, memo: { view } });
    const script = join(packageRoot(), '.cache/bare-status.mjs');
    await writeFile(script, BARE);
    const env = {
      ...process.env,
      TEMPORAL_ADDRESS: lab.address,
      SHIPWAY_API_URL: 'http://127.0.0.1:1',
      BARE_ID: workflowId,
    };
    const cli = join(packageRoot(), 'bin/shipway.js');
    const [help = [], node = []] = await interleaved(
      ROUNDS,
      () => process_([cli, '--help'], env),
      () => process_(['-e', '0'], env),
    );
    const [status = [], bare = []] = await interleaved(
      ROUNDS,
      () => process_([cli, 'status', `bench/${RUN}`, '--json'], env),
      () => process_([script], env),
    );
    return [
      {
        name: '`shipway --help` against `node -e 0`',
        value: median(help) / median(node),
        unit: '×',
        budget: 2,
        better: 'less',
        detail: `${ms(median(help))} against ${ms(median(node))}`,
      },
      {
        name: '`shipway status` against a bare script',
        value: median(status) / median(bare),
        unit: '×',
        budget: 1.5,
        better: 'less',
        detail: `${ms(median(status))} against ${ms(median(bare))}`,
      },
    ];
  } finally {
    await lab.stop();
    await folder.remove();
  }
}

/** The wall time of a whole process. */
function process_(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [...args], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${String(status)}: ${stderr}`);
  return Promise.resolve(performance.now() - begin);
}

const BARE = `import { Client, Connection } from '@temporalio/client';
const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS });
const client = new Client({ connection });
const { status, memo } = await client.workflow.getHandle(process.env.BARE_ID).describe();
console.log(JSON.stringify({ status, memo }));
await connection.close();
`;
