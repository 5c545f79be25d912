import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { firstThatWorks } from '../../src/dev/acquire.js';
import { temporalBinary } from '../../src/dev/temporal-binary.js';
import { timeSkippingServer } from '../../src/dev/time-skipping.js';
import { UsageError } from '../../src/errors.js';
import { program, temporaryFolder } from './temporary.js';

let bin: string;
let cache: string;
let env: NodeJS.ProcessEnv;
const silent = (): void => undefined;
const VERSION = "echo 'temporal version 1.5.1 (Server 1.29.1)'";

beforeEach(async () => {
  const folder = await temporaryFolder();
  bin = join(folder, 'bin');
  cache = join(folder, 'cache');
  await mkdir(bin);
  // Only what a test puts there, and no way out of this machine.
  const nowhere = 'http://127.0.0.1:9';
  env = { PATH: bin, SHIPWAY_CACHE_DIR: cache, HOME: folder, HTTPS_PROXY: nowhere, https_proxy: nowhere };
});

/** A `go install` that leaves a working `temporal`, and notes that it ran. */
const go = (): Promise<void> =>
  program(
    join(bin, 'go'),
    '[ "$1" = version ] && exit 0',
    `echo "$@" >> "${bin}/go-ran"`,
    'echo "#!/bin/sh" > "$GOBIN/temporal"',
    `echo "${VERSION}" >> "$GOBIN/temporal"`,
    '/bin/chmod +x "$GOBIN/temporal"',
  );

async function failure(getting: Promise<string>): Promise<UsageError> {
  const error: unknown = await getting.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof UsageError)) throw new Error(`not a UsageError: ${String(error)}`);
  return error;
}

describe('a Temporal server', () => {
  test('is the one on the PATH, before any other', async () => {
    await program(join(bin, 'temporal'), VERSION);
    await go();
    expect(await temporalBinary(silent, env)).toBe('temporal');
    expect(await readdir(bin)).not.toContain('go-ran');
  });

  test('is not another program of that name', async () => {
    await program(join(bin, 'temporal'), 'echo "temporal tables, 2.0"');
    await go();
    expect(await temporalBinary(silent, env)).toBe(join(cache, 'bin/temporal'));
  });

  test('is built by Go at the pinned version when nothing else is there, once', async () => {
    await go();
    const said: string[] = [];
    const path = await temporalBinary((line) => said.push(line), env);
    expect(path).toBe(join(cache, 'bin/temporal'));
    expect(await temporalBinary(silent, env)).toBe(path);
    expect(await readFile(join(bin, 'go-ran'), 'utf8')).toBe(
      'install github.com/temporalio/cli/cmd/temporal@v1.5.1\n',
    );
    expect(said.join('\n')).toMatch(/asking the SDK.*\n.*with Go, once/);
    expect(await readdir(cache)).toEqual(['bin']);
    expect(await readdir(join(cache, 'bin'))).toEqual(['temporal']);
  });

  test('is whole however many ask for it at once', async () => {
    await go();
    const paths = await Promise.all([1, 2, 3].map(() => temporalBinary(silent, env)));
    expect(new Set(paths)).toEqual(new Set([join(cache, 'bin/temporal')]));
    expect(await readdir(cache)).toEqual(['bin']);
  });

  test('that cannot be had is one error with every way tried, why it failed, and what to do', async () => {
    await program(join(bin, 'temporal'), 'echo "no such library" >&2', 'exit 127');
    const error = await failure(temporalBinary(silent, env));
    const lines = error.message.split('\n');
    expect(lines[0]).toBe('there is no Temporal server. Tried:');
    expect(lines[1]).toBe('  - `temporal` on the PATH: temporal failed: no such library');
    expect(lines[2]).toBe(`  - kept in ${join(cache, 'bin/temporal')}: nothing is there`);
    expect(lines[3]).toMatch(/^ {2}- the SDK’s download: .*connect/i);
    expect(lines[4]).toBe(
      '  - go install github.com/temporalio/cli/cmd/temporal@v1.5.1: go is not installed',
    );
    expect(lines).toHaveLength(5);
    expect(error.next).toMatch(/install Go/);
    expect(await readdir(join(cache, 'bin'))).toEqual([]);
  });

  test('is not kept when Go fails to build it', async () => {
    await program(
      join(bin, 'go'),
      '[ "$1" = version ] && exit 0',
      'echo "go: error: no network" >&2',
      'exit 1',
    );
    expect((await failure(temporalBinary(silent, env))).message).toContain('go: error: no network');
    expect(await readdir(cache)).toEqual(['bin']);
  });
});

describe('a time-skipping server', () => {
  const java = (): Promise<void> => program(join(bin, 'java'), 'exit 0');
  const maven = (): Promise<void> =>
    program(join(bin, 'mvn'), '/bin/mkdir lib', 'echo jar > lib/server.jar', `echo ran >> "${bin}/mvn-ran"`);

  test('comes from Maven once, as a program that Java runs', async () => {
    await java();
    await maven();
    const path = await timeSkippingServer(silent, env);
    expect(await timeSkippingServer(silent, env)).toBe(path);
    expect(await readFile(path, 'utf8')).toContain('io.temporal.testserver.TestServer');
    expect(await readFile(join(bin, 'mvn-ran'), 'utf8')).toBe('ran\n');
  });

  test('is whole however many ask for it at once', async () => {
    await java();
    await maven();
    const paths = await Promise.all([1, 2, 3].map(() => timeSkippingServer(silent, env)));
    expect(new Set(paths).size).toBe(1);
    expect((await readdir(cache)).sort()).toEqual(['bin', 'time-skipping-1.31.0']);
  });

  test('of jars is of no use without Java: the error says so', async () => {
    await java();
    await maven();
    await timeSkippingServer(silent, env);
    const error = await failure(timeSkippingServer(silent, { ...env, PATH: join(bin, 'none') }));
    expect(error.message).toMatch(/kept in .*time-skipping-1\.31\.0.*: java is not installed/);
    expect(error.message).toContain('Maven io.temporal:temporal-test-server:1.31.0: java is not installed');
    expect(error.next).toMatch(/Java/);
  });
});

test('the ways are tried in order, and none after the one that works', async () => {
  const tried: string[] = [];
  const way = (name: string, works: boolean) => ({
    name,
    get: () => {
      tried.push(name);
      return works ? Promise.resolve(`/${name}`) : Promise.reject(new Error('no'));
    },
  });
  expect(await firstThatWorks('thing', [way('a', false), way('b', true), way('c', true)], '')).toBe('/b');
  expect(tried).toEqual(['a', 'b']);
});
