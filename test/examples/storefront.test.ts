import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExample } from '../../src/cli/example/create-example.js';
import { readExample, type ExampleManifest } from '../../src/cli/example/manifest.js';
import { end, startInstance, type Instance } from './instance.js';

const run = promisify(execFile);
const { manifest } = await readExample('storefront');
let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'shipway-storefront-'));
  const { directory, tags } = await createExample({
    name: 'storefront',
    directory: join(home, 'repository'),
  });
  for (const tag of tags)
    execFileSync('git', ['clone', '--quiet', '--branch', tag, directory, join(home, tag)], { stdio: 'pipe' });
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** A stage's command, with no environment but the one a stage declares. */
const npm = (tag: string, ...args: string[]) =>
  run('npm', args, { cwd: join(home, tag), env: { PATH: process.env['PATH'], HOME: home } });
const jsonOf = async (response: Response): Promise<unknown> => response.json();

/** The share of 5xx answers to 2,000 requests over the example's paths, by 20 users; also by path and by user. */
async function errorShares({ url }: Instance, { traffic }: ExampleManifest) {
  const counts = new Map<string, { all: number; failed: number }>();
  const count = (key: string, failed: boolean): void => {
    const { all, failed: before } = counts.get(key) ?? { all: 0, failed: 0 };
    counts.set(key, { all: all + 1, failed: before + (failed ? 1 : 0) });
  };
  let next = 0;
  const client = async (): Promise<void> => {
    for (let i = next++; i < 2_000; i = next++) {
      const path = traffic.paths[i % traffic.paths.length]!;
      const user = `user-${i % 20}`;
      const response = await fetch(url + path, { headers: { 'x-user-id': user } });
      await response.arrayBuffer();
      for (const key of ['all', path, user]) count(key, response.status >= 500);
      expect([200, 500]).toContain(response.status);
    }
  };
  await Promise.all(Array.from({ length: 16 }, client));
  return new Map([...counts].map(([key, { all, failed }]) => [key, failed / all]));
}

test('its users want an address', async () => {
  const asked = run(process.execPath, ['scripts/users.js'], { cwd: join(home, 'v1') });
  await expect(asked).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('npm run users ADDRESS') as string,
  });
});

test('its lint names the file and the line of what cannot be parsed', async () => {
  const wrong = join(home, 'wrong');
  await cp(join(home, 'v1'), wrong, { recursive: true });
  await writeFile(join(wrong, 'src/wrong.js'), 'export const one = 1;\nexport const two = ;\n');
  await writeFile(join(wrong, 'src/wrong.json'), '{,}');
  await expect(npm('wrong', 'run', 'lint')).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining(' 2 problems') as string,
    stderr: expect.stringMatching(
      /^src\/wrong\.js: \S+wrong\.js:2\n[^]*SyntaxError[^]*^src\/wrong\.json: .* in JSON/m,
    ) as string,
  });
});

describe.each(manifest.releases)('release $tag', ({ tag, expect: expected }) => {
  let live: Instance;

  test('passes its own tests and lint', async () => {
    const { stdout } = await npm(tag, 'test');
    expect(stdout).toMatch(/^# fail 0$/m);
    expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThanOrEqual(10);
    expect((await npm(tag, 'run', 'lint')).stdout).toContain(' 0 problems');
  });

  describe('built, in production', () => {
    beforeAll(async () => {
      await npm(tag, 'run', 'build');
      live = await startInstance(join(home, tag), { NODE_ENV: 'production' });
      return () => end(live);
    });

    test('is stamped with its version and commit', async () => {
      const commit = execFileSync('git', ['rev-parse', 'HEAD'], {
        cwd: join(home, tag),
        encoding: 'utf8',
      }).trim();
      const text = await readFile(join(home, tag, 'dist/version.json'), 'utf8');
      expect(JSON.parse(text)).toEqual({ version: `${tag.slice(1)}.0.0`, commit });
    });

    test('answers page, health and readiness, with its version and security headers on each', async () => {
      for (const path of ['/', '/health', '/ready', '/storefront.js', '/nowhere']) {
        const response = await fetch(live.url + path);
        expect([path, response.status]).toEqual([path, path === '/nowhere' ? 404 : 200]);
        expect(response.headers.get('x-version')).toBe(`${tag.slice(1)}.0.0`);
        expect(response.headers.get('x-content-type-options')).toBe('nosniff');
        expect(response.headers.get('x-frame-options')).toBe('DENY');
        expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
        await response.arrayBuffer();
      }
      expect(await jsonOf(await fetch(`${live.url}/health`))).toMatchObject({
        status: 'healthy',
        version: `${tag.slice(1)}.0.0`,
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
        checks: { memory: { status: 'ok' }, disk_space: { status: 'ok' } },
      });
    });

    test('fails users as often as the example says, whoever they are and whatever they ask', async () => {
      const shares = await errorShares(live, manifest);
      if (expected !== 'rolled_back') return expect([...new Set(shares.values())]).toEqual([0]);
      expect(shares.get('all')).toBeGreaterThan(0.15);
      expect(shares.get('all')).toBeLessThan(0.35);
      // 100 requests a user, 285 a path: six standard deviations of one in four either way.
      for (const [key, share] of shares) {
        expect(share, key).toBeGreaterThan(0);
        expect(share, key).toBeLessThan(0.52);
      }
      for (let i = 0; i < 50; i += 1) {
        for (const path of ['/health', '/ready', '/'])
          expect((await fetch(live.url + path)).status).toBe(200);
      }
    });

    test('never fails in development', async () => {
      const instance = await startInstance(join(home, tag), { NODE_ENV: 'development' });
      try {
        expect([...new Set((await errorShares(instance, manifest)).values())]).toEqual([0]);
      } finally {
        await end(instance);
      }
    });
  });
});

let built: Promise<unknown> | undefined;
/** v1 for all tests that only start it. */
const builtOnce = (): Promise<unknown> => (built ??= npm('v1', 'run', 'build'));

describe('the artifact of the stage build', () => {
  test('runs from dist/ and package.json alone, and is the same when built again', async () => {
    const alone = join(home, 'alone');
    await builtOnce();
    await cp(join(home, 'v1/dist'), join(alone, 'dist'), { recursive: true });
    await cp(join(home, 'v1/package.json'), join(alone, 'package.json'));
    await npm('v1', 'run', 'build');
    expect(() => execFileSync('diff', ['-r', join(home, 'v1/dist'), join(alone, 'dist')])).not.toThrow();
    const instance = await startInstance(alone, { NODE_ENV: 'production' });
    try {
      expect((await fetch(`${instance.url}/api/products`)).headers.get('x-version')).toBe('1.0.0');
    } finally {
      await end(instance);
    }
  });
});

describe('stopping', () => {
  const body = JSON.stringify({ items: [{ id: '1' }] });
  /** A cart of which only the first byte has been sent. */
  const openCart = async ({ port }: Instance) => {
    const cart = request({ port, host: '127.0.0.1', path: '/api/cart', method: 'POST' });
    cart.setHeader('content-length', body.length);
    cart.write(body.slice(0, 1));
    await once(cart, 'socket');
    await sleep(100);
    return cart;
  };
  const started = async (env: Record<string, string>): Promise<Instance> => {
    await builtOnce();
    return startInstance(join(home, 'v1'), { NODE_ENV: 'production', ...env });
  };

  test('turns unready, still answers, then finishes what is in flight and exits 0', async () => {
    const instance = await started({ DRAIN_DELAY_MS: '400' });
    try {
      const cart = await openCart(instance);
      instance.process.kill('SIGTERM');
      await expect.poll(async () => (await fetch(`${instance.url}/ready`)).status).toBe(503);
      const late = await fetch(`${instance.url}/api/products`);
      expect([late.status, late.headers.get('connection')]).toEqual([200, 'close']);
      expect((await fetch(`${instance.url}/health`)).status).toBe(200);
      await expect
        .poll(() =>
          fetch(instance.url).then(
            () => 'answered',
            (e: Error) => (e.cause as { code?: string }).code,
          ),
        )
        .toBe('ECONNREFUSED');
      const answer = once(cart, 'response') as Promise<[IncomingMessage]>;
      cart.end(body.slice(1));
      const [response] = await answer;
      expect([response.statusCode, response.headers['x-version']]).toEqual([200, '1.0.0']);
      expect(JSON.parse((await response.toArray()).join(''))).toMatchObject({ total: { amount: '12.90' } });
      expect(await instance.ended).toBe(0);
      expect(instance.lines.at(-1)).toContain('"stopped"');
    } finally {
      await end(instance);
    }
  });

  test('cuts off what does not end, and says so by exit code 1', async () => {
    const instance = await started({ DRAIN_DELAY_MS: '0', DRAIN_TIMEOUT_MS: '200' });
    try {
      const cart = await openCart(instance);
      const cut = once(cart, 'error') as Promise<[NodeJS.ErrnoException]>;
      instance.process.kill('SIGTERM');
      expect((await cut)[0].code).toBe('ECONNRESET');
      expect(await instance.ended).toBe(1);
      expect(instance.lines.join('\n')).toContain('took too long');
    } finally {
      await end(instance);
    }
  });
});

describe('starting', () => {
  test('on a port that is taken, or none, ends with 1 and the reason', async () => {
    await builtOnce();
    const first = await startInstance(join(home, 'v1'), {});
    try {
      await expect(startInstance(join(home, 'v1'), { PORT: String(first.port) })).rejects.toThrow(
        /ended with 1.*EADDRINUSE/s,
      );
      await expect(startInstance(join(home, 'v1'), { PORT: 'http' })).rejects.toThrow(
        /ended with 1.*PORT is/s,
      );
    } finally {
      await end(first);
    }
  });
});
