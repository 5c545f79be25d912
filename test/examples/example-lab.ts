import { once } from 'node:events';
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from '../../src/cli/example/git.js';
import { startGuard } from '../../src/dev/guard.js';
import { packageRoot } from '../../src/paths.js';
import { identityOf } from '../../src/processes.js';
import { jsonOf, shipway, startShipway, type Said } from '../support/command-line.js';
import { removeAll } from '../support/left-behind.js';
import { untilStatus } from '../support/until-status.js';

/** An example as its README has it: in a repository of its own, on `shipway dev`. Ends with the test process, however that ends. */
export interface ExampleLab<Status> {
  readonly folder: string;
  /** `shipway …` as a person in that folder. */
  readonly type: (...args: readonly string[]) => Promise<Said>;
  /** Commits a service that is another one, and tags it. */
  readonly committed: (tag: string) => Promise<void>;
  /** Starts a run and gives its id. */
  readonly begun: (release: string) => Promise<string>;
  /** Until the run's status satisfies `when`. */
  readonly until: (run: string, when: (status: Status) => boolean) => Promise<Status>;
  readonly end: () => Promise<void>;
}
export interface Example {
  readonly name: string;
  readonly environment: string;
  /** The file that a new version differs in. */
  readonly file: string;
  /** What else there is in the folder before its first commit, which is `v1`. */
  readonly prepare: (folder: string) => Promise<void>;
  /** What `shipway dev` is given besides. */
  readonly dev?: readonly string[];
}

export async function exampleLab<Status>(of: Example): Promise<ExampleLab<Status>> {
  const guard = startGuard();
  const folder = await mkdtemp(join(tmpdir(), `shipway-${of.name}-`));
  guard.folder(folder);
  guard.data(join(folder, '.shipway/postgres'));
  await cp(join(packageRoot(), 'examples', of.name), folder, { recursive: true });
  await writeFile(join(folder, '.gitignore'), 'node_modules\n.shipway/\n');
  await of.prepare(folder);
  const committed = async (tag: string): Promise<void> => {
    const by = { name: 'Shop', email: 'shop@example.invalid', date: '2026-01-05T09:00:00Z' };
    const file = join(folder, of.file);
    await writeFile(file, `${await readFile(file, 'utf8')}// ${tag}\n`);
    await git(folder, ['add', '--all']);
    await git(folder, ['commit', '--quiet', '--message', tag], by);
    await git(folder, ['tag', tag]);
  };
  await git(folder, ['init', '--quiet', '--template=']);
  await committed('v1');
  const dev = startShipway(['dev', ...(of.dev ?? []), '--json'], { cwd: folder });
  guard.process(await identityOf(dev.pid ?? 0));
  await once(dev.stdout, 'data');
  const type = (...args: readonly string[]) => shipway(args, { cwd: folder });
  return {
    folder,
    type,
    committed,
    begun: async (release) => {
      const args = ['run', '--environment', of.environment, '--release', release, '--as', 'alice'];
      return String(jsonOf(await type(...args, '--detach', '--json'))['run']);
    },
    until: (run, when) =>
      untilStatus(startShipway(['watch', run, '--json', '--changes'], { cwd: folder }), when),
    end: async () => {
      dev.kill('SIGINT');
      await once(dev, 'exit');
      await removeAll(folder);
      guard.release();
    },
  };
}
