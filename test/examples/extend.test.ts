import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MetricSource } from '../../src/domain/ports.js';
import { packageRoot } from '../../src/paths.js';
import { metricsChecks } from '../../src/testing/metrics.js';
import { contract } from '../contracts/contract.js';
import { gatewayProcess } from '../support/gateway-process.js';
import { shipway } from '../support/command-line.js';

const EXTEND = join(packageRoot(), 'examples/extend');
interface Place {
  readonly url: string;
  readonly token: string;
}
const { textMetrics } = (await import(join(EXTEND, 'text-metrics.js'))) as {
  readonly textMetrics: (options: { where: () => Promise<Place> }) => MetricSource;
};

/** As examples/extend/worker.js finds it. */
const where = async (stateDir: string): Promise<Place> => {
  const { adminUrl } = JSON.parse(await readFile(join(stateDir, 'gateway.json'), 'utf8')) as {
    adminUrl: string;
  };
  return { url: adminUrl, token: (await readFile(join(stateDir, 'token'), 'utf8')).trim() };
};

// A user's own adapter is held to what those of shipway are held to.
contract('the example’s text form: metric source', metricsChecks, async () => {
  const gateway = await gatewayProcess();
  return { ...gateway, metrics: textMetrics({ where: () => where(gateway.stateDir) }) };
});

test('its configuration is valid', async () => {
  const said = await shipway(['validate', '-f', join(EXTEND, 'shipway.yaml')]);
  expect(said).toMatchObject({ code: 0, stderr: '' });
});

test('its worker takes what `shipway worker` takes, and fails as that does', () => {
  const typed = (...args: string[]): string => {
    try {
      return execFileSync(process.execPath, [join(EXTEND, 'worker.js'), ...args], {
        env: { PATH: process.env['PATH'] },
        encoding: 'utf8',
        stdio: 'pipe',
      });
    } catch (error) {
      const { status, stderr } = error as { status: number; stderr: string };
      return `exit ${String(status)}\n${stderr}`;
    }
  };
  expect(typed('--help')).toContain('usage: shipway worker [options]');
  expect(typed()).toMatch(/^exit 2\nshipway: DATABASE_URL is not set\n/);
});
