import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { daemonProgram } from '../../dev/find-program.js';
import type { Guard } from '../../dev/guard.js';
import { haproxyFiles, haproxyScrapes, startHaproxy } from '../../dev/haproxy.js';
import { startPrometheus } from '../../dev/prometheus.js';
import { UsageError } from '../../errors.js';
import { ifGone } from '../../if-gone.js';
import { stopProcess } from '../../processes.js';

/** A router other than shipway's own, and the Prometheus that scrapes it. */
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
const GRACE_MS = 5_000;
const SCRAPES = '500ms';

const ROUTERS: Readonly<Record<string, RouterKind>> = {
  haproxy: { programs: ['haproxy', 'prometheus'], start: haproxyAndPrometheus },
};

/** Fails with `UsageError` when it is unknown, or this machine lacks what it needs. */
export function routerKind(name: string): RouterKind {
  const kind = Object.hasOwn(ROUTERS, name) ? ROUTERS[name] : undefined;
  if (kind === undefined)
    throw new UsageError(
      `the demo starts no router ${JSON.stringify(name)}`,
      `use one of: ${Object.keys(ROUTERS).join(', ')}; or leave it out for shipway's own`,
    );
  for (const program of kind.programs) daemonProgram(program);
  return kind;
}

async function haproxyAndPrometheus(folder: string, guard: Guard): Promise<StartedRouter> {
  const [base, source] = [join(folder, 'haproxy'), join(folder, 'prometheus')];
  await Promise.all([base, source].map((path) => mkdir(path)));
  const files = await haproxyFiles(base);
  const haproxy = await saying(join(base, 'haproxy.log'), (logFile) =>
    startHaproxy(files, { guard, logFile }),
  );
  const prometheus = await saying(join(source, 'prometheus.log'), (logFile) =>
    startPrometheus({ base: source, guard, interval: SCRAPES, logFile, scrapes: haproxyScrapes(files) }),
  ).catch(async (error: unknown) => {
    await stopProcess(haproxy, { graceMs: GRACE_MS });
    throw error;
  });
  const { folder: written, socket } = files;
  return {
    places: {
      haproxy: { folder: written, socket },
      prometheus: { url: prometheus.url, stale_after: '10s' },
    },
    pids: [haproxy.pid, prometheus.identity.pid],
    stop: async () => {
      await Promise.all([haproxy, prometheus.identity].map((one) => stopProcess(one, { graceMs: GRACE_MS })));
    },
  };
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
