import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGuard } from '../../src/dev/guard.js';
import { identityOf } from '../../src/processes.js';
import { freePort } from '../../src/free-port.js';
import { prometheus } from '../e2e/system.js';

export interface PrometheusProcess {
  readonly url: string;
  readonly end: () => Promise<void>;
}

/** A real Prometheus that scrapes every 200 ms what `scrapes` says, a list of `scrape_configs` in YAML. */
export async function prometheusProcess(scrapes: string): Promise<PrometheusProcess> {
  if (prometheus === undefined)
    throw new Error('no Prometheus: install the system package prometheus (apt-get install prometheus)');
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const guard = startGuard();
  guard.folder(folder);
  const address = `127.0.0.1:${String(await freePort())}`;
  const config = join(folder, 'prometheus.yml');
  await writeFile(
    config,
    `global: { scrape_interval: 200ms, scrape_timeout: 200ms }\nscrape_configs:\n${scrapes}`,
  );
  const child = spawn(
    prometheus,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  guard.process(await identityOf(child.pid ?? 0));
  const url = `http://${address}`;
  while (
    !(await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${String(child.exitCode)}`);
    await sleep(20);
  }
  return {
    url,
    end: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
      await rm(folder, { recursive: true, force: true });
      guard.release();
    },
  };
}

/** As docs/haproxy.md says: HAProxy's own counters with the labels of its names, and every instance that shipway has written down. */
export const haproxyScrapes = ({
  exporter,
  folder,
}: {
  readonly exporter: string;
  readonly folder: string;
}): string => `
  - job_name: haproxy
    static_configs: [{ targets: ['${exporter}'] }]
    metric_relabel_configs:
      - { source_labels: [proxy], regex: 'shipway\\.([^.]+)\\.([^.]+)\\.(blue|green)', target_label: service, replacement: '$1' }
      - { source_labels: [proxy], regex: 'shipway\\.([^.]+)\\.([^.]+)\\.(blue|green)', target_label: environment, replacement: '$2' }
      - { source_labels: [proxy], regex: 'shipway\\.([^.]+)\\.([^.]+)\\.(blue|green)', target_label: slot, replacement: '$3' }
      - { source_labels: [server], regex: '([0-9a-f]{64})-.+', target_label: release, replacement: '$1' }
  - job_name: instances
    file_sd_configs: [{ files: ['${folder}/instances.json'] }]
`;
