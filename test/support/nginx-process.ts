import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { nginxRouter } from '../../src/adapters/routers/nginx.js';
import { startGuard } from '../../src/dev/guard.js';
import { nginxFiles, startNginx, type NginxFiles } from '../../src/dev/nginx.js';
import { findIdentity, isAlive, stopProcess, type ProcessIdentity } from '../../src/processes.js';
import type { RouterHarness } from '../../src/testing/world.js';
import type { Ending } from '../contracts/contract.js';

export interface NginxProcess extends NginxFiles, RouterHarness, Ending {
  /** Its worker processes, those too that a reload has sent away. */
  readonly workers: () => Promise<readonly number[]>;
  /** A reload that shipway has not asked for; it has ended when this does. */
  readonly reload: () => Promise<void>;
}

/** A real nginx with its Lua module and a folder of its own. */
export async function nginxProcess(port?: number): Promise<NginxProcess> {
  const base = await mkdtemp(join(tmpdir(), 'nginx-'));
  const guard = startGuard();
  guard.folder(base);
  const files = await nginxFiles(base, port);
  let master = await startNginx(files, guard);
  const workers = async (): Promise<readonly number[]> => {
    const file = `/proc/${String(master.pid)}/task/${String(master.pid)}/children`;
    return (await readFile(file, 'utf8').catch(() => '')).split(' ').filter(Boolean).map(Number);
  };
  const kill = async (): Promise<void> => {
    if (!(await isAlive(master))) return;
    // In a reload it starts more of them, which would keep its ports.
    process.kill(master.pid, 'SIGSTOP');
    const all = await Promise.all((await workers()).map(findIdentity));
    // Without their master they would go on.
    for (const one of [master, ...all])
      if (one !== undefined) await stopProcess(one, { signal: 'SIGKILL', graceMs: 0 });
  };
  const start = (): Promise<ProcessIdentity> =>
    startNginx(files, guard).catch(async (error: unknown) => {
      const said = await readFile(join(base, 'error.log'), 'utf8').catch(() => '');
      throw new Error(`${String(error)}, and said\n${said.slice(-2_000)}`, { cause: error });
    });
  return {
    ...files,
    workers,
    router: nginxRouter(() => Promise.resolve(files)),
    reload: async () => {
      const before = await workers();
      const [program, ...args] = files.command;
      await promisify(execFile)(program, [...args, '-s', 'reload']);
      while ((await workers()).filter((pid) => !before.includes(pid)).length < before.length) await sleep(5);
      // So long both take connections.
      await sleep(150);
    },
    kill,
    restart: async () => {
      await kill();
      master = await start();
    },
    end: async () => {
      await kill();
      await rm(base, { recursive: true, force: true });
      guard.release();
    },
  };
}
