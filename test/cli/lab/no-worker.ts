import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../../../src/client.js';
import type { AuditEntry } from '../../../src/domain/audit.js';
import { QUEUES } from '../../../src/domain/ids.js';
import { jsonOf, shipway } from '../../support/command-line.js';
import type { DevLab } from '../../support/dev-lab.js';
import { eventually } from '../../support/eventually.js';
import { pipelineInput, plan } from '../../support/plans.js';
import { freshNamespace, temporalAddress } from '../../support/servers.js';

export interface Abandoned {
  readonly run: string;
  readonly env: Readonly<Record<string, string>>;
  /** Epoch ms, when the worker was seen last. */
  readonly at: number;
}

/** A run whose only worker took its first task and was never heard of again. */
export async function abandonedRun(): Promise<Abandoned> {
  const namespace = await freshNamespace();
  const client = await connect({
    temporalAddress: temporalAddress(),
    namespace,
    apiUrl: 'http://127.0.0.1:9',
  });
  try {
    const input = pipelineInput(plan('v1'));
    await client.startRun(input);
    const taskQueue = { name: QUEUES.control };
    const { workflowService, connection } = client.temporal;
    const task = await connection.withDeadline(Date.now() + 30_000, () =>
      workflowService.pollWorkflowTaskQueue({ namespace, taskQueue, identity: 'gone' }),
    );
    expect(task.workflowExecution?.workflowId).toBe(`pipeline/shop/${input.run}`);
    const env = {
      TEMPORAL_ADDRESS: temporalAddress(),
      TEMPORAL_NAMESPACE: namespace,
      SHIPWAY_API_URL: 'http://127.0.0.1:9',
    };
    return { run: input.run, env, at: Date.now() };
  } finally {
    await client.close();
  }
}

interface Audited {
  readonly entries: readonly { readonly entry: AuditEntry }[];
}

/** Far below what a call waits for a worker, far above what a busy machine needs to start a process. */
const AT_ONCE_MS = 8_000;

/** Temporal forgets within minutes who has polled: each look at whether it has is a process. */
const FORGETTING = [150_000, 3_000] as const;

/** `status` is from what is written down: it needs Temporal alone. */
export function noWorker(lab: () => DevLab, abandoned: () => Abandoned): void {
  test('the worker is killed while nobody starts another: status and list answer at once', async () => {
    const run = await lab().run('v2', 'production');
    await lab().until(run, (s) => s.run.waitingFor?.decision !== undefined);
    const note = await readFile(join(lab().directory, '.shipway/run/worker.json'), 'utf8');
    process.kill(lab().devPid, 'SIGSTOP');
    try {
      process.kill((JSON.parse(note) as { pid: number }).pid, 'SIGKILL');
      for (let i = 0; i < 3; i++) {
        const began = Date.now();
        expect(await lab().json(`status ${run}`)).toMatchObject({ run: { waitingFor: { have: 0 } } });
        expect(Date.now() - began).toBeLessThan(AT_ONCE_MS);
      }
      expect((await lab().json('list --limit 1'))['runs']).toMatchObject([{ run }]);
      const ask = await lab().type('history');
      expect(ask).toMatchObject({ code: 1, stdout: '' });
      expect(ask.stderr).toMatch(/the API at http\S+ does not answer\n(why: .*\n)?next: start `shipway dev`/);
      // Temporal still believes that somebody polls.
      const doctor = await lab().type('doctor');
      expect(doctor.code).toBe(1);
      expect(doctor.stdout).toMatch(/✗ fail +workers +one has polled just now, and none answers/);
    } finally {
      process.kill(lab().devPid, 'SIGCONT');
    }
    // An answer that ended without a word may have counted: then nothing is asked any more, and the record tells whether it did.
    const last = await eventually(async () => {
      const said = await lab().ask(`approve ${run} --as bob --json`);
      return said.code === 0 || said.stderr.includes(`${run} asks nothing now`) ? said : undefined;
    });
    if (last.code === 0) expect(jsonOf(last)).toMatchObject({ status: 'accepted' });
    expect(await lab().type(`watch ${run}`), last.stderr).toMatchObject({ code: 0 });
    const { entries } = (await lab().askJson('audit --environment production')) as unknown as Audited;
    const counted = entries.filter(
      ({ entry }) => entry.event_type === 'statement.accepted' && entry.workflow === `pipeline/lamp/${run}`,
    );
    expect(counted.map(({ entry }) => entry)).toMatchObject([
      { user: 'alice', details: { verb: 'run' } },
      { user: 'bob', details: { verb: 'approve' } },
    ]);
  }, 180_000);

  test('when no worker has been seen for longer than one polls, status says since when', async () => {
    const { run, env, at } = abandoned();
    const ask = (json: readonly string[]) => shipway(['status', `shop/${run}`, ...json], { env });
    const status = await eventually(
      async () => {
        const found = jsonOf(await ask(['--json'])) as { workers: { count: number; lastSeen?: string } };
        return found.workers.count === 0 ? found : undefined;
      },
      ...FORGETTING,
    );
    const { lastSeen = '' } = status.workers;
    expect(Math.abs(Date.parse(lastSeen) - at)).toBeLessThan(10_000);
    const { code, stdout } = await ask([]);
    expect(code).toBe(0);
    expect(stdout).toContain(`no worker polls since ${lastSeen}: the run goes on when one is started`);
  }, 180_000);
}
