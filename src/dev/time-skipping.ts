import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheDir } from '../paths.js';
import { firstThatWorks, type Say } from './acquire.js';
import { runCommand } from './run-command.js';
import { sdkDownload } from './sdk-download.js';

const VERSION = '1.31.0';
const JAVA_MS = 20_000;
const MAVEN_MS = 10 * 60_000;

/**
 * The path of a program that starts Temporal's time-skipping test server: kept from earlier, the SDK's download, or a two-line
 * wrapper around Maven's jars. Fails with `UsageError` listing all ways.
 */
export function timeSkippingServer(say: Say, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const kept = join(cacheDir(env), 'bin', 'temporal-test-server');
  const wrapper = join(cacheDir(env), `time-skipping-${VERSION}`, 'server');
  return firstThatWorks(
    'time-skipping Temporal test server',
    [
      { name: `kept in ${kept}`, get: () => present(kept) },
      { name: `kept in ${wrapper}`, get: () => runnable(wrapper, env) },
      { name: 'the SDK’s download', get: () => sdkDownload('time-skipping', kept, say, env) },
      { name: `Maven io.temporal:temporal-test-server:${VERSION}`, get: () => fromMaven(wrapper, say, env) },
    ],
    'install Java 17 and Maven (they fetch the test server once)',
  );
}

async function present(path: string): Promise<string> {
  await stat(path).catch((cause: unknown) => {
    throw new Error('nothing is there', { cause });
  });
  return path;
}

/** Jars are of use only while there is a Java to run them. */
async function runnable(wrapper: string, env: NodeJS.ProcessEnv): Promise<string> {
  await present(wrapper);
  await runCommand('java', ['-version'], { timeoutMs: JAVA_MS, env });
  return wrapper;
}

/** Fetched into a folder of its own and moved into place, so that two at once cannot spoil each other's. */
async function fromMaven(wrapper: string, say: Say, env: NodeJS.ProcessEnv): Promise<string> {
  await runCommand('java', ['-version'], { timeoutMs: JAVA_MS, env });
  say('fetching Temporal’s test server with Maven, once');
  await mkdir(cacheDir(env), { recursive: true });
  const work = await mkdtemp(`${dirname(wrapper)}-`);
  try {
    await writeFile(join(work, 'pom.xml'), POM);
    const args = ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'];
    await runCommand('mvn', args, { timeoutMs: MAVEN_MS, cwd: work, env });
    await writeFile(join(work, 'server'), WRAPPER, { mode: 0o755 });
    await moveInto(work, dirname(wrapper));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return runnable(wrapper, env);
}

/** Another that was quicker has left the same. */
async function moveInto(work: string, folder: string): Promise<void> {
  try {
    await rename(work, folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

/** A server of some seconds or minutes: what Java would compile once more, and collect beside, costs it more than it brings. */
const WRAPPER = `#!/bin/sh
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
`;
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>shipway</groupId><artifactId>test-server</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;
