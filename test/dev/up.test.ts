import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { resolveConnection } from '../../src/connection.js';
import { up, type Dev } from '../../src/dev/up.js';
import { freshNamespace, temporalAddress } from '../support/servers.js';
import { makeLamp } from '../support/lamp.js';
import { processesOf, removeAll } from '../support/left-behind.js';
import { freshDatabase } from '../support/worker-process.js';
import { temporaryFolder } from './temporary.js';

/** A folder with a policy, and an environment that names servers which are there already. */
async function place() {
  const directory = await temporaryFolder();
  onTestFinished(() => removeAll(directory));
  await makeLamp(directory);
  const env = {
    PATH: process.env['PATH'],
    TEMPORAL_ADDRESS: temporalAddress(),
    TEMPORAL_NAMESPACE: await freshNamespace(),
    DATABASE_URL: await freshDatabase(),
    SHIPWAY_API_TOKEN: 'of another',
  };
  return { directory, stateDir: join(directory, '.shipway'), env };
}
const start = (directory: string, env: NodeJS.ProcessEnv): Promise<Dev> =>
  up({ directory, policyFile: join(directory, 'shipway.policy.yaml'), env, say: () => undefined });

test('servers that the environment names are used, and none are started; a client here finds them', async () => {
  const { directory, stateDir, env } = await place();
  const dev = await start(directory, env);
  onTestFinished(() => dev.stop());
  expect((await readdir(join(stateDir, 'run'))).sort()).toEqual(['gateway.json', 'worker.json']);
  expect(await readdir(stateDir)).not.toContain('postgres');
  const { temporalAddress: address, namespace, apiUrl } = dev.endpoints;
  expect([address, namespace]).toEqual([env.TEMPORAL_ADDRESS, env.TEMPORAL_NAMESPACE]);
  for (const seen of [{}, { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace }])
    expect(await resolveConnection(seen, directory)).toMatchObject({
      temporalAddress: address,
      namespace,
      apiUrl,
    });
  // The token that opens another API is none of this one's.
  expect((await fetch(`${apiUrl}/v1/targets?service=lamp`)).status).toBe(200);
  await dev.stop();
  expect(await processesOf(stateDir)).toEqual([]);
});

test('a gateway that does not come up is a failure, and not “up”', async () => {
  const { directory, stateDir, env } = await place();
  await mkdir(join(stateDir, 'gateway'), { recursive: true });
  await writeFile(join(stateDir, 'gateway/state.json'), 'torn');
  await expect(start(directory, env)).rejects.toMatchObject({
    message: 'the gateway did not become ready',
    next: `read its log: ${join(stateDir, 'gateway.log')}`,
  });
  expect(await readFile(join(stateDir, 'gateway.log'), 'utf8')).toContain('state.json');
  expect(await processesOf(stateDir)).toEqual([]);
});

test('when PostgreSQL cannot start, the Temporal server that has started is ended again, and git is told to ignore the folder', async () => {
  const directory = await temporaryFolder();
  await mkdir(join(directory, '.shipway'));
  await writeFile(join(directory, '.shipway/postgres'), 'no folder');
  const seen = new Set<string>();
  const look = setInterval(
    () => void processesOf(directory).then((all) => all.forEach((p) => seen.add(p))),
    50,
  );
  await expect(start(directory, { PATH: process.env['PATH'] })).rejects.toThrow(/postgres/i);
  clearInterval(look);
  expect([...seen].join('\n')).toContain('temporal');
  expect(await processesOf(directory)).toEqual([]);
  expect(await readFile(join(directory, '.shipway/.gitignore'), 'utf8')).toBe('*\n');
});
