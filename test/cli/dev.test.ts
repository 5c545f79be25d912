import { once } from 'node:events';
import { mkdtemp, readFile, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startGuard } from '../../src/dev/guard.js';
import { identityOf, isAlive, type ProcessIdentity } from '../../src/processes.js';
import { jsonOf, startShipway } from '../support/command-line.js';
import { makeLamp } from '../support/lamp.js';
import { removeAll } from '../support/left-behind.js';

test('shipway dev prints its addresses as one object, and ends all it started also when nobody reads any more', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'shipway-dev-'));
  const guard = startGuard();
  guard.folder(folder);
  guard.data(join(folder, '.shipway/postgres'));
  onTestFinished(() => removeAll(folder));
  await makeLamp(folder);
  // Of a server elsewhere, which nothing here is to be told or asked with.
  const env = {
    TEMPORAL_NAMESPACE: 'elsewhere',
    TEMPORAL_API_KEY: 'hush',
    SHIPWAY_API_TOKEN: 'hush',
    SHIPWAY_STAGE_TOKEN: '',
  };
  const child = startShipway(['dev', '--json'], { cwd: folder, env });
  guard.process(await identityOf(child.pid ?? 0));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [stdout] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const { schema, pid, ...addresses } = jsonOf({ code: null, stdout, stderr });
  expect({ schema, pid }).toEqual({ schema: 1, pid: child.pid });
  expect(Object.keys(addresses).sort()).toEqual(['apiUrl', 'namespace', 'temporalAddress', 'uiUrl']);
  expect(stderr).toContain(`shipway is up. Temporal UI: ${String(addresses['uiUrl'])}`);

  const notes = join(folder, '.shipway/run');
  const read = async (name: string) =>
    JSON.parse(await readFile(join(notes, name), 'utf8')) as ProcessIdentity;
  const started = await Promise.all((await readdir(notes)).map(read));
  const alive = () => Promise.all(started.map(isAlive));
  expect(await alive()).toEqual([true, true, true, true]);

  child.stdout.destroy();
  child.stderr.destroy();
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await alive()).toEqual([false, false, false, false]);
  await expect(stat(join(folder, '.shipway/dev.json'))).rejects.toThrow('ENOENT');
}, 120_000);
