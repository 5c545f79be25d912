// `shipway worker` with a metric source, a stage kind and a strategy of one's own: it takes the same options and the same environment.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runWorker } from 'shipway';
import { careful } from './careful.js';
import { sizeLimit } from './size-limit.js';
import { textMetrics } from './text-metrics.js';

/** The gateway of the same state folder, whose counters anybody with its token may read. */
const where = async () => {
  const folder = join(process.env.SHIPWAY_STATE_DIR ?? '.shipway', 'gateway');
  const { adminUrl: url } = JSON.parse(await readFile(join(folder, 'gateway.json'), 'utf8'));
  return { url, token: (await readFile(join(folder, 'token'), 'utf8')).trim() };
};

await runWorker({
  metrics: { text: textMetrics({ where }) },
  stages: { 'size-limit': sizeLimit },
  strategies: { careful },
});
