import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleWorkflows } from '../../scripts/bundle.js';
import { startGuard } from '../../src/dev/guard.js';
import { startPostgres } from '../../src/dev/postgres.js';
import { startTemporal } from '../../src/dev/temporal.js';
import { timeSkippingServer } from '../../src/dev/time-skipping.js';

declare module 'vitest' {
  interface ProvidedContext {
    temporalAddress: string;
    temporalUi: string;
    postgresUrl: string;
    timeSkippingServer: string;
    /** The file of the present workflow code's bundle. */
    workflowBundle: string;
  }
}

/** One Temporal server (in memory) and one PostgreSQL for the whole test run; both end with it, however it ends. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const guard = startGuard();
  const folder = mkdtempSync(join(tmpdir(), 'shipway-servers-'));
  guard.folder(folder);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const [temporal, postgres] = await Promise.all([
    startTemporal({ say, guard }),
    startPostgres({ dataDir: join(folder, 'pg'), temporary: true, guard }),
  ]);
  project.provide('temporalAddress', temporal.address);
  project.provide('temporalUi', temporal.uiUrl);
  project.provide('postgresUrl', postgres.url);
  project.provide('timeSkippingServer', await timeSkippingServer(say));
  project.provide('workflowBundle', await bundled(join(folder, 'workflows.js')));
  return async () => {
    await Promise.all([temporal.stop(), postgres.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Only what goes wrong is said. */
async function bundled(file: string): Promise<string> {
  const silent = (): void => undefined;
  const logger = {
    log: silent,
    trace: silent,
    debug: silent,
    info: silent,
    warn: silent,
    error: console.error,
  };
  writeFileSync(file, await bundleWorkflows(logger));
  return file;
}
