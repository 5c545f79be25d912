import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { QUEUES } from '../../src/domain/ids.js';
import { workerSettings } from '../../src/settings.js';
import { startWorker } from '../../src/worker.js';
import { temporaryFolder } from '../dev/temporary.js';
import { freshNamespace, temporalAddress } from '../support/servers.js';
import { freshDatabase } from '../support/worker-process.js';

// Other pollers are made by then, and do not run yet.
const create = Worker.create.bind(Worker);
vi.spyOn(Worker, 'create').mockImplementation(async (options) => {
  if (options.taskQueue === QUEUES.watch) return create(options);
  await sleep(200);
  throw new Error('the world is not there');
});

test('one that fails on the way closes what it opened, and says why it failed and not what closing met', async () => {
  const folder = await temporaryFolder();
  const policy = join(folder, 'policy.yaml');
  await writeFile(policy, 'environments: { production: { identity: asserted } }\n');
  process.env['TEMPORAL_ADDRESS'] = temporalAddress();
  process.env['TEMPORAL_NAMESPACE'] = await freshNamespace();
  const given = {
    DATABASE_URL: await freshDatabase(),
    SHIPWAY_STATE_DIR: folder,
    SHIPWAY_POLICY: policy,
  };
  const logged: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) });
  const starting = startWorker(workerSettings(given, ['watch', 'host'], 1), log);
  await expect(starting).rejects.toThrow('the world is not there');
  expect(logged.join()).not.toContain('could be closed');
});
