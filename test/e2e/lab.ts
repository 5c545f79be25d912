import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { startTraffic, type Traffic } from '../../src/cli/demo/traffic.js';
import { FULL } from '../../src/domain/plan.js';
import type { Status } from '../../src/cli/demo/events.js';
import { startGuard } from '../../src/dev/guard.js';
import { identityOf } from '../../src/processes.js';
import { removeAll } from '../support/left-behind.js';
import { untilStatus } from '../support/until-status.js';

export interface Typed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
/** A folder with nothing in it, and a place of its own for what `npm` puts on the PATH. */
export interface Lab {
  readonly folder: string;
  /** Types a line into a shell. */
  readonly type: (line: string, inside?: string) => Promise<Typed>;
  /** Types a line that goes on, and waits until it has said `ready`; gives what ends it, which the end of all does, too. */
  readonly leaveRunning: (line: string, inside: string, ready: RegExp) => Promise<() => Promise<void>>;
  /** Watches a run until its status is so. */
  readonly until: (run: string, inside: string, when: (status: Status) => boolean) => Promise<Status>;
  /** The address of a run's deployment, once users are served there. */
  readonly serving: (run: string, inside: string) => Promise<string>;
  readonly users: (run: string, inside: string) => Promise<void>;
  readonly remove: () => Promise<void>;
}

const LOOK_MS = 300;
const HTTP_RATE = 50;

export async function openLab(): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), 'shipway-docs-'));
  const guard = startGuard();
  guard.folder(folder);
  const prefix = join(folder, '.npm');
  const env = {
    ...process.env,
    npm_config_prefix: prefix,
    PATH: [join(prefix, 'bin'), process.env['PATH']].join(delimiter),
    SHIPWAY_USER: 'alice',
  };
  const running: (() => Promise<void>)[] = [];
  const traffic: Traffic[] = [];
  const type: Lab['type'] = (line, inside = '.') =>
    new Promise((done) => {
      execFile('sh', ['-c', line], { cwd: resolve(folder, inside), env }, (error, stdout, stderr) => {
        done({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
      });
    });
  const until: Lab['until'] = (run, inside, when) =>
    untilStatus(
      spawn('sh', ['-c', `exec shipway watch ${run} --json --changes`], { cwd: join(folder, inside), env }),
      when,
    );
  const serving: Lab['serving'] = async (run, inside) => {
    const { deployment } = await until(run, inside, ({ deployment: { address, shares = {} } = {} }) => {
      return address !== undefined && Object.values(shares).includes(FULL);
    });
    return deployment?.address ?? '';
  };
  return {
    folder,
    type,
    leaveRunning: async (line, inside, ready) => {
      const child = spawn('sh', ['-c', `exec ${line}`], {
        cwd: join(folder, inside),
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const exited = once(child, 'exit');
      const end = async (): Promise<void> => {
        child.kill('SIGTERM');
        await exited;
      };
      running.push(end);
      guard.data(join(folder, inside, '.shipway/postgres'));
      if (child.pid !== undefined) void identityOf(child.pid).then(guard.process, () => undefined);
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
      while (!ready.test(said)) {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`${line} ended with ${String(child.exitCode ?? child.signalCode)}:\n${said}`);
        await new Promise((r) => setTimeout(r, LOOK_MS));
      }
      return end;
    },
    until,
    serving,
    users: async (run, inside) => {
      const address = await serving(run, inside);
      const users = { address, paths: ['/api/products'], rate: HTTP_RATE, versionHeader: 'x-version' };
      traffic.push(startTraffic(users));
    },
    remove: async () => {
      await Promise.all(traffic.map((t) => t.stop()));
      for (const end of running) await end();
      await removeAll(folder);
      guard.release();
    },
  };
}
