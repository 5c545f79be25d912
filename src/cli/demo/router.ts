import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { daemonProgram } from '../../dev/find-program.js';
import type { Guard } from '../../dev/guard.js';
import { haproxyFiles, haproxyScrapes, startHaproxy } from '../../dev/haproxy.js';
import { mustKnowLua, nginxFiles, startNginx } from '../../dev/nginx.js';
import { startPrometheus } from '../../dev/prometheus.js';
import { routersIn } from '../../domain/adapters.js';
import { UsageError } from '../../errors.js';
import { ifGone } from '../../if-gone.js';
import { stopProcess, type ProcessIdentity } from '../../processes.js';

/** Routers other than shipway's own, and the Prometheus that scrapes them. */
export interface StartedRouter {
  /** What the policy says of an environment that they serve. */
  readonly places: Readonly<Record<string, unknown>>;
  readonly pids: readonly number[];
  readonly stop: () => Promise<void>;
}
interface RouterKind {
  readonly programs: readonly string[];
  readonly start: (folder: string, guard: Guard) => Promise<StartedRouter>;
}
/** One of them. */
interface Started {
  readonly place: object;
  readonly process: ProcessIdentity;
  /** For `scrape_configs` of Prometheus. */
  readonly scrapes: string;
}
const GRACE_MS = 5_000;
const SCRAPES = '500ms';

const START: Readonly<Record<string, (folder: string, guard: Guard) => Promise<Started>>> = {
  haproxy: async (folder, guard) => {
    const files = await haproxyFiles(folder);
    const process = await saying(join(folder, 'haproxy.log'), (logFile) =>
      startHaproxy(files, { guard, logFile }),
    );
    const { folder: written, socket } = files;
    return { place: { folder: written, socket }, process, scrapes: haproxyScrapes(files) };
  },
  nginx: async (folder, guard) => {
    const files = await nginxFiles(folder);
    await mustKnowLua(files);
    const { folder: written, port, command } = files;
    const process = await saying(join(folder, 'error.log'), () => startNginx(files, guard));
    const scrapes = `
  - job_name: nginx
    static_configs: [{ targets: ['127.0.0.1:${String(port)}'] }]
`;
    return { place: { folder: written, port, command }, process, scrapes };
  },
};
const KINDS = ['haproxy', 'haproxy+nginx'];

/** Fails with `UsageError` when it is unknown, or this machine lacks a program of it; so does its start when a program does not do. */
export function routerKind(name: string): RouterKind {
  if (!KINDS.includes(name))
    throw new UsageError(
      `the demo starts no router ${JSON.stringify(name)}`,
      `use one of: ${KINDS.join(', ')}; or leave it out for shipway's own`,
    );
  const programs = [...routersIn(name), 'prometheus'];
  for (const program of programs) daemonProgram(program);
  return { programs, start: (folder, guard) => started(routersIn(name), folder, guard) };
}

async function started(names: readonly string[], folder: string, guard: Guard): Promise<StartedRouter> {
  const routers = new Map<string, Started>();
  const processes: ProcessIdentity[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((one) => stopProcess(one, { graceMs: GRACE_MS })));
  };
  try {
    for (const name of names) {
      const one = await START[name]?.(await made(folder, name), guard);
      if (one === undefined) continue;
      routers.set(name, one);
      processes.push(one.process);
    }
    const base = await made(folder, 'prometheus');
    const scrapes = [...routers.values()].map((one) => one.scrapes).join('');
    const { url, identity } = await saying(join(base, 'prometheus.log'), (logFile) =>
      startPrometheus({ base, guard, interval: SCRAPES, logFile, scrapes }),
    );
    processes.push(identity);
    const places = Object.fromEntries([...routers].map(([name, { place }]) => [name, place]));
    return {
      places: { ...places, prometheus: { url, stale_after: '10s' } },
      pids: processes.map(({ pid }) => pid),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function made(folder: string, name: string): Promise<string> {
  const base = join(folder, name);
  await mkdir(base);
  return base;
}

/** The demo removes its folder, so an error says what the log says last, and not where it was. */
async function saying<T>(logFile: string, start: (logFile: string) => Promise<T>): Promise<T> {
  try {
    return await start(logFile);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const said = (await readFile(logFile, 'utf8').catch(ifGone))?.trim().split('\n').at(-1);
    throw new UsageError(error.message, said ? `what it said last: ${said}` : 'start it by hand to see why');
  }
}
