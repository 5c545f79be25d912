import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { routerKind } from '../../src/cli/demo/router.js';
import { startGuard } from '../../src/dev/guard.js';

test('a router that does not start is told with what it said last, as its log goes with the demo', async () => {
  const base = await mkdtemp(join(tmpdir(), 'demo-router-'));
  const bin = join(base, 'bin');
  await mkdir(bin);
  const guard = startGuard();
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    guard.release();
    await rm(base, { recursive: true, force: true });
  });
  for (const program of ['haproxy', 'prometheus'])
    await writeFile(join(bin, program), '#!/bin/sh\necho first\necho "cannot bind" >&2\nexit 1\n', {
      mode: 0o755,
    });
  vi.stubEnv('PATH', `${bin}${delimiter}${process.env['PATH'] ?? ''}`);
  await expect(routerKind('haproxy').start(base, guard)).rejects.toMatchObject({
    message: 'HAProxy did not start',
    next: 'what it said last: cannot bind',
  });
});
