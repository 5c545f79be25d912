import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../free-port.js';
import type { ProcessIdentity } from '../processes.js';
import { daemonProgram } from './find-program.js';
import type { Guard } from './guard.js';
import { answersAt, mustStart } from './started.js';

interface PrometheusOptions {
  /** Its configuration and its data lie there. */
  readonly base: string;
  /** A list of `scrape_configs` in YAML. */
  readonly scrapes: string;
  /** How often it scrapes, as Prometheus writes it: `200ms`. */
  readonly interval: string;
  readonly guard: Guard;
  /** More of its own flags. */
  readonly flags?: readonly string[];
  readonly logFile?: string;
}

/** Starts Prometheus on a free port of 127.0.0.1 and waits until it is ready. Fails with `UsageError`. */
export async function startPrometheus({
  base,
  scrapes,
  interval,
  guard,
  flags = [],
  logFile,
}: PrometheusOptions): Promise<{ readonly url: string; readonly identity: ProcessIdentity }> {
  const program = daemonProgram('prometheus');
  const address = `127.0.0.1:${String(await freePort())}`;
  const config = join(base, 'prometheus.yml');
  await writeFile(
    config,
    `global: { scrape_interval: ${interval}, scrape_timeout: ${interval} }\nscrape_configs:\n${scrapes}`,
  );
  const url = `http://${address}`;
  const identity = await mustStart({
    name: 'Prometheus',
    program,
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(base, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=error',
      ...flags,
    ],
    signal: 'TERM',
    guard,
    ...(logFile === undefined ? {} : { logFile }),
    answers: () => answersAt(`${url}/-/ready`),
  });
  return { url, identity };
}
