import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGuard } from '../../src/dev/guard.js';
import { startPrometheus } from '../../src/dev/prometheus.js';
import { stopProcess } from '../../src/processes.js';

export interface PrometheusProcess {
  readonly url: string;
  /** Meanwhile it answers nobody, and scrapes nothing. */
  readonly silentWhile: (what: () => Promise<void>) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** A real Prometheus that scrapes every 200 ms what `scrapes` says, a list of `scrape_configs` in YAML; with more flags of its own. */
export async function prometheusProcess(
  scrapes: string,
  flags: readonly string[] = [],
): Promise<PrometheusProcess> {
  const base = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const guard = startGuard();
  guard.folder(base);
  const { url, identity } = await startPrometheus({ base, scrapes, interval: '200ms', guard, flags });
  return {
    url,
    silentWhile: async (what) => {
      process.kill(identity.pid, 'SIGSTOP');
      try {
        await what();
      } finally {
        process.kill(identity.pid, 'SIGCONT');
      }
    },
    end: async () => {
      await stopProcess(identity, { signal: 'SIGKILL', graceMs: 0 });
      await rm(base, { recursive: true, force: true });
      guard.release();
    },
  };
}
