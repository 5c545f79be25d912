import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commitOf, factsOf, type GitFacts } from '../../src/config/index.js';
import { folder } from './texts.js';

/** git as a developer runs it. */
export const run = (cwd: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=Dev', '-c', 'user.email=dev@example.invalid', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();

/** main: one, two (tag v1); side: one, three. */
export async function repository(): Promise<string> {
  const root = join(await folder(), 'repo');
  await mkdir(root);
  run(root, 'init', '--quiet', '--initial-branch=main');
  for (const [name, branch] of [['one'], ['three', 'side'], ['two', 'main']]) {
    if (branch !== undefined) run(root, 'checkout', '--quiet', ...(branch === 'side' ? ['-b'] : []), branch);
    await writeFile(join(root, `${name ?? ''}.txt`), `${name ?? ''}\n`);
    run(root, 'add', '--all');
    run(root, 'commit', '--quiet', '--message', name ?? '');
  }
  run(root, 'tag', '--annotate', 'v1', '--message', 'v1');
  return root;
}
export const factsAt = async (
  root: string,
  ref: string,
  branches: readonly string[] = [],
): Promise<GitFacts> => factsOf(root, ref, await commitOf(root, ref), branches);
