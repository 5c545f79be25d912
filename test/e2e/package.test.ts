import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Status } from '../../src/cli/demo/events.js';
import { startTraffic, type Traffic } from '../../src/cli/demo/traffic.js';
import { stopInstances } from '../../src/dev/instances.js';
import { FULL } from '../../src/domain/plan.js';
import { freePort } from '../../src/free-port.js';
import { packageRoot, packageVersion } from '../../src/paths.js';
import { freshDatabase, freshNamespace, temporalAddress } from '../support/servers.js';
import { untilStatus } from '../support/until-status.js';
import { SECRETS, composeConfig } from './compose.js';
import { installed, pack, removed } from './packed.js';
import { compose, without } from './system.js';

const PATIENCE_MS = 300_000;
const run = promisify(execFile);

let folder: string;
let project: string;
let files: readonly string[];

/** As a user of the package runs it, in a folder of theirs. */
async function shipway(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout } = await run(join(project, 'node_modules/.bin/shipway'), [...args], {
    cwd,
    env: { ...process.env, ...env },
  });
  return stdout;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shipway-package-'));
  const { tarball, files: listed } = await pack(folder);
  files = listed;
  project = await installed(tarball);
}, PATIENCE_MS);

afterAll(async () => {
  await removed(folder);
  await removed(project);
});

test('the package has what runs, and nothing of how it is made', () => {
  for (const part of [
    'LICENSE',
    'README.md',
    'bin/shipway.js',
    'dist/src/cli/main.js',
    'dist/src/gateway/main.js',
    'dist/src/dev/guard.sh',
    'dist/src/stage/runner.sh',
    'dist/src/store/migrations/0001_store.sql',
    'dist/workflow-bundle.js',
    'examples/storefront/example.json',
  ])
    expect(files).toContain(part);
  const known =
    /^(?:LICENSE|README\.md|package\.json|bin\/|dist\/(?:src|workflows|activities|workflow-bundle\.js)|examples\/|schema\/)/;
  expect(files.filter((f) => !known.test(f))).toEqual([]);
  expect(
    files.filter((f) => /\.map$|(?<!\.d)\.ts$|\.stamp$|\.test\.js$/.test(f) && !f.startsWith('examples/')),
  ).toEqual([]);
});

test(
  'installed into an empty folder it makes a configuration that is valid',
  async () => {
    expect(await shipway(project, ['--version'])).toBe(`${packageVersion()}\n`);
    const service = join(folder, 'service');
    await mkdir(service);
    await shipway(service, ['init']);
    expect(await readFile(join(service, 'shipway.yaml'), 'utf8')).toMatch(/^service: /m);
    await shipway(service, ['validate']);
    await shipway(folder, ['init', '--example', 'storefront', 'shop']);
    await shipway(join(folder, 'shop'), ['plan', '--environment', 'production', '--release', 'v2']);
  },
  PATIENCE_MS,
);

const TSC =
  '--strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck --noEmit --module nodenext --target es2023 --types node';
test(
  'a strict TypeScript program is checked by the types that it brings',
  async () => {
    const own = join(packageRoot(), 'node_modules');
    await copyFile(join(packageRoot(), 'test/e2e/consumer.ts'), join(project, 'consumer.mts'));
    const args = [join(own, 'typescript/bin/tsc'), ...TSC.split(' '), '--typeRoots', join(own, '@types')];
    const said = await run(process.execPath, [...args, 'consumer.mts'], { cwd: project }).catch(
      (error: { readonly stdout: string }) => error,
    );
    expect(said.stdout).toBe('');
  },
  PATIENCE_MS,
);

/**
 * No image can be built where base images cannot be fetched: what the image would start is started from the installed package, each of
 * our containers as one process with the command and environment that docker-compose.yml gives it.
 */
describe.skipIf(without(compose))('the workers of docker-compose.yml', () => {
  const running: ChildProcess[] = [];
  const said: Record<string, string> = {};
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let namespace: string;
  let apiPort: number;
  let shop: string;

  const servers = (): NodeJS.ProcessEnv => ({
    TEMPORAL_ADDRESS: temporalAddress(),
    TEMPORAL_NAMESPACE: namespace,
    SHIPWAY_API_URL: `http://127.0.0.1:${String(apiPort)}`,
    SHIPWAY_API_TOKEN: SECRETS.SHIPWAY_API_TOKEN,
  });
  const cli = (...args: readonly string[]): Promise<string> => shipway(shop, args, servers());

  /** Where a container's address or folder is here. */
  function here(text: string): string {
    const places: readonly (readonly [string, string])[] = [
      ['temporal:7233', temporalAddress()],
      [`postgres://shipway:${SECRETS.SHIPWAY_DB_PASSWORD}@shipway-postgres:5432/shipway`, database.url],
      ['http://control:7070', `http://127.0.0.1:${String(apiPort)}`],
      ['/etc/shipway/shipway.policy.yaml', join(shop, 'shipway.policy.yaml')],
      ['/var/lib/shipway', join(folder, 'var')],
      ['/shipway/', `${join(project, 'node_modules/shipway')}/`],
    ];
    return places.reduce((t, [there, local]) => t.replaceAll(there, local), text);
  }

  async function start(name: string): Promise<void> {
    const service = (await composeConfig())[name];
    if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
    const [program = '', ...entry] = service.entrypoint ?? ['node', '/shipway/bin/shipway.js'];
    expect(program).toBe('node');
    const given = Object.entries(service.environment ?? {}).map(([k, v]) => [k, here(v)] as const);
    const child = spawn(process.execPath, [...entry, ...(service.command ?? [])].map(here), {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        SHIPWAY_STATE_DIR: here(`/var/lib/shipway/${name === 'host' ? 'state' : `state-of-${name}`}`),
        SHIPWAY_ARTIFACT_DIR: here(
          `/var/lib/shipway/${name === 'stage' ? 'artifacts-of-stage' : 'artifacts'}`,
        ),
        ...Object.fromEntries(given),
        TEMPORAL_NAMESPACE: namespace,
        // In one container each has its own port 7070.
        ...(name === 'control' ? { SHIPWAY_API_PORT: String(apiPort) } : { SHIPWAY_API_PORT: '0' }),
      },
    });
    running.push(child);
    said[name] = '';
    await new Promise<void>((up, down) => {
      child.stderr.on('data', (chunk: Buffer) => {
        said[name] += chunk.toString();
        if (/worker polls|the gateway serves/.test(said[name] ?? '')) up();
      });
      child.once('exit', (code) => {
        down(new Error(`${name} ended with ${String(code)}:\n${said[name] ?? ''}`));
      });
    });
  }

  /** Users of what a run deploys, from the moment it serves: a bake that nobody takes part in proves nothing. */
  async function usersOf(id: string): Promise<Traffic> {
    const watching = spawn(join(project, 'node_modules/.bin/shipway'), ['watch', id, '--json', '--changes'], {
      cwd: shop,
      env: { ...process.env, ...servers() },
    });
    const serves = ({ deployment }: Status): boolean =>
      deployment?.address !== undefined && Object.values(deployment.shares).includes(FULL);
    const { deployment } = await untilStatus(watching, serves);
    return startTraffic({
      address: deployment?.address ?? '',
      paths: ['/api/products'],
      rate: 50,
      versionHeader: 'x-version',
    });
  }

  beforeAll(async () => {
    [database, namespace, apiPort] = await Promise.all([freshDatabase(), freshNamespace(), freePort()]);
    shop = join(folder, 'deployed');
    await shipway(folder, ['init', '--example', 'storefront', 'deployed']);
    await start('control');
    await Promise.all(['stage', 'host', 'gateway'].map(start));
  }, PATIENCE_MS);

  afterAll(async () => {
    await stopInstances(join(folder, 'var/state'));
    for (const child of running) {
      if (child.exitCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await database.remove();
  }, PATIENCE_MS);

  test(
    'ship a release together, each with its own rights',
    async () => {
      const asked = [
        'run',
        '--environment',
        'staging',
        '--release',
        'v1',
        '--as',
        'alice',
        '--detach',
        '--json',
      ];
      const { run: id } = JSON.parse(await cli(...asked)) as { readonly run: string };
      const users = await usersOf(id);
      const out = await cli('watch', id).finally(() => users.stop());
      expect(out).toMatch(/ shipped: /);
      const { deployments } = JSON.parse(await cli('history', '--json')) as {
        readonly deployments: readonly { readonly outcome: string }[];
      };
      expect(deployments.map((d) => d.outcome)).toEqual(['shipped']);
      expect(await cli('audit', '--verify')).toMatch(/^audit chain verified: \d+ entries/);
      expect(await cli('logs', id, '--stage', 'test')).toContain('# pass');
    },
    PATIENCE_MS,
  );

  test('their API refuses who does not have the token', async () => {
    const { status } = await fetch(`http://127.0.0.1:${String(apiPort)}/v1/audit`);
    expect(status).toBe(401);
  });
});
