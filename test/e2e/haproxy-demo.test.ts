import { expect, onTestFinished, test } from 'vitest';
import { jsonOf, shipway } from '../support/command-line.js';
import { startDemo } from './demo-process.js';
import { haproxy, nginx, prometheus, without } from './system.js';

test('a demo by a router that is unknown, or not on this machine, begins nothing and says what to do', async () => {
  const unknown = await shipway(['demo', '--router', 'envoy']);
  expect(unknown).toMatchObject({ code: 2, stdout: '' });
  expect(unknown.stderr).toContain('use one of: haproxy');
  const missing = await shipway(['demo', '--router', 'haproxy'], { env: { PATH: '/nowhere' } });
  expect(missing).toMatchObject({ code: 2, stdout: '' });
  expect(missing.stderr).toMatch(
    /^shipway: (haproxy|prometheus) is neither on the PATH nor in \/usr\/sbin\n.*apt-get install \1/m,
  );
});

const PROGRAMS = { haproxy, nginx };
const PROCESSES = { haproxy: /haproxy -W/, nginx: /nginx: master/ };

for (const routers of [['haproxy'], ['haproxy', 'nginx']] as const) {
  const lacks = without(prometheus) || routers.some((router) => without(PROGRAMS[router]));
  test.skipIf(lacks)(
    `the demo by ${routers.join(' and ')}, with Prometheus alone to say how a release does: the good one ships without a failed request, the bad one goes back`,
    async () => {
      const it = await startDemo('--router', routers.join('+'), '--json');
      onTestFinished(it.destroy);
      const addresses = routers.map(() => String.raw`http://127\.0\.0\.1:\d+`).join(' and ');
      await it.says(new RegExp(`users come from now on: .* to ${addresses}$`, 'm'));
      const running = (await it.left()).processes.join('\n');
      for (const router of routers) expect(running).toMatch(PROCESSES[router]);
      expect(running).toMatch(/prometheus --config/);
      expect(await it.ended, it.err()).toBe(0);
      expect(await it.left()).toEqual({ processes: [], folders: [] });
      const told = jsonOf({ code: 0, stdout: it.out(), stderr: it.err() });
      expect(told).toMatchObject({ schema: 1, ok: true });
      expect(told['releases']).toMatchObject([
        { tag: 'v1', outcome: 'shipped' },
        { tag: 'v2', outcome: 'shipped', served: { production: { v1: { failed: 0 }, v2: { failed: 0 } } } },
        {
          tag: 'v3',
          outcome: 'rolled_back',
          reason: expect.stringMatching(/^error rate \d+ of \d+/) as string,
        },
      ]);
      expect(it.err()).toMatch(/^audit chain verified$/m);
    },
    300_000,
  );
}
