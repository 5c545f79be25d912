import { access, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { routerKind } from '../../src/cli/demo/router.js';
import { startGuard } from '../../src/dev/guard.js';
import { mustKnowLua, nginxFiles } from '../../src/dev/nginx.js';
import { haproxy, nginx, prometheus, without } from '../e2e/system.js';
import { eventually } from '../support/eventually.js';

const guard = startGuard();
/** A folder of this test's, with programs that end as told before all others on the PATH. */
async function withPrograms(programs: readonly string[], script: string): Promise<string> {
  const base = await mkdtemp(join(tmpdir(), 'demo-router-'));
  const bin = join(base, 'bin');
  await mkdir(bin);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(base, { recursive: true, force: true });
  });
  for (const program of programs)
    await writeFile(join(bin, program), `#!/bin/sh\n${script}\nexit 1\n`, { mode: 0o755 });
  vi.stubEnv('PATH', `${bin}${delimiter}${process.env['PATH'] ?? ''}`);
  return base;
}
afterAll(() => {
  guard.release();
});

test('a router that does not start is told with what it said last, as its log goes with the demo', async () => {
  const base = await withPrograms(['haproxy', 'prometheus'], 'echo first\necho "cannot bind" >&2');
  await expect(routerKind('haproxy').start(base, guard)).rejects.toMatchObject({
    message: 'HAProxy did not start',
    next: 'what it said last: cannot bind',
  });
});

test('an nginx without its Lua module is told before anything is built for it', async () => {
  const emerg = 'nginx: [emerg] unknown directive "lua_shared_dict" in lua.conf:1';
  const base = await withPrograms(['nginx'], `echo 'nginx: [alert] a log' >&2\necho '${emerg}' >&2`);
  const files = await nginxFiles(base);
  await expect(mustKnowLua(files)).rejects.toMatchObject({
    message: `this nginx does not work with shipway: ${emerg}`,
    next: expect.stringContaining('apt-get install libnginx-mod-http-lua') as string,
  });
  expect(await readdir(files.folder)).toEqual([]);
});

test.skipIf(without(nginx))('the nginx that tests have knows Lua', async () => {
  await mustKnowLua(await nginxFiles(await withPrograms([], '')));
});

test.skipIf(without(haproxy) || without(prometheus))(
  'HAProxy alone: what the policy is told of it is there, and Prometheus scrapes it',
  async () => {
    const base = await withPrograms([], '');
    const started = await routerKind('haproxy').start(base, guard);
    onTestFinished(started.stop);
    expect(Object.keys(started.places)).toEqual(['haproxy', 'prometheus']);
    const at = started.places['haproxy'] as { readonly folder: string; readonly socket: string };
    const source = started.places['prometheus'] as { readonly url: string };
    await access(at.socket);
    expect((await stat(at.folder)).isDirectory()).toBe(true);
    expect(started.pids).toHaveLength(2);
    await eventually(async () => {
      const said = await fetch(`${source.url}/api/v1/query?query=up`);
      return (await said.text()).includes('"1"') ? true : undefined;
    }, 20_000);
  },
  30_000,
);
