import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from '../errors.js';
import { freePort } from '../free-port.js';
import type { ProcessIdentity } from '../processes.js';
import { daemonProgram } from './find-program.js';
import type { Guard } from './guard.js';
import { answersAt, mustStart } from './started.js';

/** What an nginx that shipway works with has, on a folder of its own. */
export interface NginxFiles {
  /** What shipway writes. */
  readonly folder: string;
  /** What its users write. */
  readonly ownFile: string;
  /** Of 127.0.0.1, where it answers shipway. */
  readonly port: number;
  readonly command: readonly [string, ...string[]];
  /** Where its users' own part answers. */
  readonly own: string;
}

/** As Debian's, but for where its files are. Started by root, its workers are root too: nobody else may look into its folder. */
const ownText = (
  base: string,
  folder: string,
  own: string,
): string => `${process.getuid?.() === 0 ? 'user root;\n' : ''}daemon off;
worker_processes 2;
worker_rlimit_nofile 8192;
pid ${base}/nginx.pid;
error_log ${base}/error.log warn;
include /etc/nginx/modules-enabled/*.conf;
events { worker_connections 4096; }
http {
  access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path ${base}/${name};\n`).join('')}  include ${folder}/*.conf;
  server {
    listen ${own};
    location / { return 200 "own"; }
  }
}
`;

/** Fails with `UsageError` when this machine has no nginx. */
export async function nginxFiles(base: string, port?: number): Promise<NginxFiles> {
  const [folder, ownFile] = [join(base, 'shipway'), join(base, 'nginx.conf')];
  const own = `127.0.0.1:${String(await freePort())}`;
  await mkdir(folder, { recursive: true });
  await writeFile(ownFile, ownText(base, folder, own));
  const command = [daemonProgram('nginx'), '-e', join(base, 'error.log'), '-c', ownFile] as const;
  return { folder, ownFile, own, port: port ?? (await freePort()), command: [...command] };
}

/** Fails with `UsageError` where it does not know Lua, which the part is written in that shipway puts into its folder. */
export async function mustKnowLua({ command: [program, ...args], folder }: NginxFiles): Promise<void> {
  const file = join(folder, 'lua.conf');
  await writeFile(file, 'lua_shared_dict asked 1m;\n');
  try {
    await promisify(execFile)(program, [...args, '-t'], { timeout: TESTED_MS });
  } catch (error) {
    const { stderr = '', message } = error as Error & { readonly stderr?: string };
    const said =
      stderr
        .split('\n')
        .find((line) => line.includes('[emerg]'))
        ?.trim() ?? message;
    throw new UsageError(
      `this nginx does not work with shipway: ${said}`,
      'install its Lua module (Debian and Ubuntu: apt-get install libnginx-mod-http-lua) and give the same command again',
    );
  } finally {
    await rm(file);
  }
}
const TESTED_MS = 10_000;

/** Starts nginx and waits until it serves. Fails with `UsageError`. */
export async function startNginx(
  { command: [program, ...args], own }: NginxFiles,
  guard: Guard,
): Promise<ProcessIdentity> {
  return mustStart({
    name: 'nginx',
    program,
    args,
    signal: 'TERM',
    guard,
    answers: () => answersAt(`http://${own}/`),
  });
}
