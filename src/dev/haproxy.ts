import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../free-port.js';
import type { ProcessIdentity } from '../processes.js';
import { daemonProgram } from './find-program.js';
import type { Guard } from './guard.js';
import { answersAt, mustStart } from './started.js';

/** What an HAProxy that shipway works with has, on a folder of its own. */
export interface HaproxyFiles {
  /** What shipway writes. */
  readonly folder: string;
  /** Of its master process. */
  readonly socket: string;
  /** What its users write. */
  readonly ownFile: string;
  /** `host:port` of its metrics. */
  readonly exporter: string;
}

/** With the listener that HAProxy 2.6 must have for its master socket to outlive a reload. */
const own = (exporter: string): string => `global
  log stderr local0 err
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
frontend metrics
  bind ${exporter}
  http-request use-service prometheus-exporter if { path /metrics }
`;

export async function haproxyFiles(base: string): Promise<HaproxyFiles> {
  const files = {
    folder: join(base, 'shipway'),
    socket: join(base, 'master.sock'),
    ownFile: join(base, 'haproxy.cfg'),
    exporter: `127.0.0.1:${String(await freePort())}`,
  };
  await mkdir(files.folder, { recursive: true });
  await writeFile(files.ownFile, own(files.exporter));
  return files;
}

/** Starts HAProxy in master-worker mode, as docs/haproxy.md says, and waits until it serves. Fails with `UsageError`. */
export async function startHaproxy(
  { folder, socket, ownFile, exporter }: HaproxyFiles,
  { guard, logFile }: { readonly guard: Guard; readonly logFile?: string },
): Promise<ProcessIdentity> {
  const program = daemonProgram('haproxy');
  // One that was killed has left it.
  await rm(socket, { force: true });
  return mustStart({
    name: 'HAProxy',
    program,
    args: ['-W', '-S', socket, '-f', ownFile, '-f', folder],
    signal: 'TERM',
    guard,
    ...(logFile === undefined ? {} : { logFile }),
    answers: () => answersAt(`http://${exporter}/metrics`),
  });
}

/** For `scrape_configs`: HAProxy's own counters with the labels of its names, and every instance that shipway has written down. */
export const haproxyScrapes = ({ exporter, folder }: HaproxyFiles): string => `
  - job_name: haproxy
    static_configs: [{ targets: ['${exporter}'] }]
    metric_relabel_configs:
${['service', 'environment', 'slot'].map(labelOfName).join('\n')}
      - { source_labels: [server], regex: '([0-9a-f]{64})-.+', target_label: release, replacement: '$1' }
  - job_name: instances
    file_sd_configs: [{ files: ['${folder}/instances.json'] }]
`;
const labelOfName = (label: string, i: number): string =>
  `      - { source_labels: [proxy], regex: 'shipway\\.([^.]+)\\.([^.]+)\\.(blue|green)', target_label: ${label}, replacement: '$${String(i + 1)}' }`;
