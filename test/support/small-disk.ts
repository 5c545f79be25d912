import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of its own that is soon full. */
export interface SmallDisk {
  readonly path: string;
  /** Leaves so many bytes free. */
  fill(free: number): Promise<void>;
  empty(): Promise<void>;
  end(): Promise<void>;
}

/** Root mounts it; anybody else where the kernel lets people have mounts of their own, and then it is seen through the process that has it. */
export async function smallDisk(bytes: number): Promise<SmallDisk> {
  const mounted = await mkdtemp(join(tmpdir(), 'small-disk-'));
  const mount = ['-t', 'tmpfs', '-o', `size=${String(bytes)},mode=0777`, 'tmpfs', mounted];
  const root = process.getuid?.() === 0;
  let holder: ChildProcess | undefined;
  if (root) await run('mount', mount);
  else holder = await held(mount);
  const path = root ? mounted : `/proc/${String(holder?.pid)}/root${mounted}`;
  const ballast = join(path, 'ballast');
  return {
    path,
    fill: async (free) => {
      const { bavail, bsize } = await statfs(path);
      await writeFile(ballast, Buffer.alloc(bavail * bsize - free));
    },
    empty: () => rm(ballast, { force: true }),
    end: async () => {
      if (root) await run('umount', [mounted]);
      holder?.kill('SIGKILL');
      await rm(mounted, { recursive: true, force: true });
    },
  };
}

async function held(mount: readonly string[]): Promise<ChildProcess> {
  const line = 'mount "$@" && echo mounted && exec sleep infinity';
  const child = spawn('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', line, 'sh', ...mount], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [first] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [unknown];
  if (!String(first).startsWith('mounted'))
    throw new Error('no small disk can be mounted here: run the tests as root');
  return child;
}
