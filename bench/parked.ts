import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipelineId } from '../src/domain/ids.js';
import type { Plan } from '../src/domain/plan.js';
import type { RunView } from '../src/domain/view.js';
import { packageRoot } from '../src/paths.js';
import { startFleet, type Fleet } from './fleet.js';
import { timed, type Row } from './measure.js';
import { commandStage, planOf } from './plans.js';
import { running, type Running } from './processes.js';
import { said } from './statements.js';

const RUNS = 1_000;
const AT_ONCE = 50;
/** As in a container of 1 GiB: with all of a large machine to itself, Node keeps what it could throw away, and that would be compared. */
const HEAP = { NODE_OPTIONS: '--max-old-space-size=512' };

interface Parked {
  readonly bytes: number;
  readonly ms: number;
}

/**
 * A thousand runs that wait for an approval, against bare workflows that wait for a signal, each in a worker of its own: what both workers hold
 * then, and how long it takes until all have been let go on and have ended. Ours verifies each approval and keeps it in the audit.
 */
export async function parked(): Promise<readonly Row[]> {
  const fleet = await startFleet(HEAP);
  try {
    const theirs = await bare(fleet);
    const ours = await approvals(fleet);
    const mib = ({ bytes }: Parked): string => `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
    const seconds = ({ ms }: Parked): string => `${(ms / 1000).toFixed(1)} s`;
    const name = `${String(RUNS)} runs parked at an approval`;
    return [
      {
        ...{ name: `${name}, memory of the worker`, value: ours.bytes / theirs.bytes, unit: '×' },
        ...{
          budget: 1.3,
          better: 'less',
          detail: `${mib(ours)} against ${mib(theirs)}; each in a heap of 512 MiB`,
        },
      },
      {
        ...{ name: `${name}, all approved`, value: ours.ms / theirs.ms, unit: '×' },
        ...{ budget: 2.5, better: 'less', detail: `${seconds(ours)} against ${seconds(theirs)}` },
      },
    ];
  } finally {
    await fleet.stop();
  }
}

async function bare({ client: { temporal }, env }: Fleet): Promise<Parked> {
  const worker = await running([join(packageRoot(), 'dist/bench/bare-worker.js')], env, 'worker polls');
  const ids = names('bare');
  await each(ids, (workflowId) => temporal.workflow.start('pipeline', { taskQueue: 'bare', workflowId }));
  await each(ids, (id) => temporal.workflow.getHandle(id).query('__stack_trace'));
  const bytes = await residentOf(worker);
  const ms = await timed(() =>
    each(ids, async (id) => {
      const handle = temporal.workflow.getHandle(id);
      await handle.signal('go');
      await handle.result();
    }),
  );
  await worker.end('SIGTERM');
  return { bytes, ms };
}

/** All ask about one release that was built before. */
async function approvals(fleet: Fleet): Promise<Parked> {
  const worker = await fleet.worker();
  const first = await asking(fleet, await fleet.begin(planFor(fleet.commit)));
  const again = planFor(fleet.commit, first);
  const runs: RunView[] = [];
  await each(names('parked'), async () => {
    runs.push(await asking(fleet, await fleet.begin(again)));
  });
  const bytes = await residentOf(worker);
  const ms = await timed(() =>
    each(runs, async ({ run, waitingFor }) => {
      const id = pipelineId(SERVICE, run);
      await fleet.client.answer(id, said('ann', 'approve', waitingFor?.decision ?? ''));
      await fleet.client.temporal.workflow.getHandle(id).result();
    }),
  );
  return { bytes, ms };
}

const SERVICE = 'parked';
const asking = (fleet: Fleet, run: string): Promise<RunView> =>
  fleet.seenRun(SERVICE, run, ({ waitingFor }) => waitingFor?.decision !== undefined);

function planFor(commit: string, built?: RunView): Plan {
  const build = commandStage('build', ['true'], ['server.js']);
  const plan = planOf({ service: SERVICE, environment: 'asked' }, 'v1', commit, [
    built === undefined ? build : { ...build, reused: built.run },
    { kind: 'approve', name: 'approve', needs: [] },
  ]);
  return built?.release === undefined ? plan : { ...plan, release: built.release };
}

const names = (prefix: string): string[] =>
  Array.from({ length: RUNS }, (_, i) => `${prefix}-${String(i + 1)}`);

/** So many at once as a busy team would not be. */
async function each<T>(of: readonly T[], body: (one: T) => Promise<unknown>): Promise<void> {
  const left = [...of];
  const next = async (): Promise<void> => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) await body(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

/** What the process holds, as Linux counts it. */
async function residentOf({ pid }: Running): Promise<number> {
  const text = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  if (kib === undefined) throw new Error(`what process ${String(pid)} holds cannot be read`);
  return Number(kib) * 1024;
}
