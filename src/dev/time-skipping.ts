import { access, chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../paths.js';
import { firstThatWorks, type Say } from './acquire.js';
import { runCommand } from './run-command.js';
import { sdkDownload } from './sdk-download.js';

const VERSION = '1.31.0';
const MAVEN_MS = 10 * 60_000;

/**
 * The path of a program that starts Temporal's time-skipping test server: kept from earlier, the SDK's download, or a two-line
 * wrapper around Maven's jars. Fails with `UsageError` listing all ways.
 */
export function timeSkippingServer(say: Say, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const kept = join(cacheDir(env), 'bin', 'temporal-test-server');
  const wrapper = join(cacheDir(env), `test-server-${VERSION}`, 'server');
  return firstThatWorks(
    'time-skipping Temporal test server',
    [
      { name: `kept in ${wrapper}`, get: () => present(wrapper) },
      { name: `kept in ${kept}`, get: () => present(kept) },
      { name: 'the SDK’s download', get: () => sdkDownload('time-skipping', kept, say) },
      { name: `Maven io.temporal:temporal-test-server:${VERSION}`, get: () => fromMaven(wrapper, say, env) },
    ],
    'install Java 17 and Maven (they fetch the test server once)',
  );
}

async function present(path: string): Promise<string> {
  await access(path);
  return path;
}

/** Fetched into a folder of its own and moved into place, so that two at once cannot spoil each other's. */
async function fromMaven(wrapper: string, say: Say, env: NodeJS.ProcessEnv): Promise<string> {
  await runCommand('java', ['-version'], { timeoutMs: 20_000, env });
  say('fetching Temporal’s test server with Maven, once');
  const folder = join(wrapper, '..');
  const work = `${folder}.${String(process.pid)}`;
  await mkdir(join(work, 'lib'), { recursive: true });
  await writeFile(join(work, 'pom.xml'), POM);
  await runCommand('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'], {
    timeoutMs: MAVEN_MS,
    cwd: work,
    env,
  });
  if ((await readdir(join(work, 'lib'))).length === 0) throw new Error('Maven left no jars');
  await writeFile(
    join(work, 'server'),
    `#!/bin/sh\nexec java -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"\n`,
  );
  await chmod(join(work, 'server'), 0o755);
  await rm(folder, { recursive: true, force: true });
  await rename(work, folder);
  return wrapper;
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>shipway</groupId><artifactId>test-server</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;
