import { mkdir, open, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { TOGETHER, routersText } from '../domain/adapters.js';
import { UsageError } from '../errors.js';
import { brokenLink, isTaken } from '../folders.js';
import { namesOf } from './configuration-file.js';
import { result, string } from './output.js';
import type { Command, Values } from './table.js';

/** `shipway init`: starter files, or an example's repository. Nothing that is there is written over, and nothing half made stays. */
export const init: Command = async (values, [directory]) => {
  if (directory === '')
    throw new UsageError('the path of the folder is empty', 'name a folder, or leave it out for this one');
  const example = string(values, 'example');
  const router = string(values, 'router');
  const typescript = values['typescript'] === true;
  if (typescript && example !== undefined)
    throw new UsageError(
      '--example makes an example as it is, and --typescript starter files',
      'one of the two',
    );
  if (router !== undefined && example === undefined)
    throw new UsageError('--router says what an example is served by', '--example NAME with it');
  const folder = resolve(directory ?? example ?? '.');
  if (example !== undefined) return exampleIn(folder, example, router, values);
  const files = await starters(folder, typescript);
  const names = Object.keys(files);
  try {
    // One of another name would be a second configuration.
    for (const path of [...namesOf(join(folder, 'shipway.yaml')), join(folder, POLICY)])
      await refuseTaken(path);
    await write(folder, files);
  } catch (error) {
    throw unusable(folder, error as NodeJS.ErrnoException);
  }
  result(values, { directory: folder, files: names }, [
    `wrote ${names.join(' and ')} in ${folder}`,
    'next: edit them, then shipway validate',
  ]);
  return 0;
};

async function exampleIn(
  folder: string,
  name: string,
  router: string | undefined,
  values: Values,
): Promise<number> {
  const { createExample } = await import('./example/create-example.js');
  const { tags } = await createExample({
    ...{ name, directory: folder },
    ...(router === undefined ? {} : { router }),
  });
  result(values, { directory: folder, tags }, [
    `made ${folder} with ${tags.join(', ')}`,
    router === undefined
      ? `next: cd ${folder} && shipway dev`
      : `next: say in shipway.policy.yaml where ${routersText(router)} ${router.includes(TOGETHER) ? 'are' : 'is'}, which shipway validate asks for`,
  ]);
  return 0;
}

async function refuseTaken(path: string): Promise<void> {
  if (!(await isTaken(path))) return;
  throw (
    (await brokenLink(path)) ??
    new UsageError(`${path} is there already`, 'another folder, or edit the file that is there')
  );
}

/** All or nothing: what it made is removed again when it cannot finish, and nothing that somebody else has put there meanwhile. */
async function write(folder: string, files: Starters): Promise<void> {
  const top = await firstMissing(folder);
  const made: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, name);
      const file = await open(path, 'wx');
      made.push(path);
      await file.writeFile(text).finally(() => file.close());
    }
  } catch (error) {
    // Why it could not finish says more than what could not be cleared away.
    for (const path of made) await rm(path).catch(() => undefined);
    if (top !== undefined)
      for (let at = folder; at.startsWith(top); at = dirname(at)) await rmdir(at).catch(() => undefined);
    throw error;
  }
}

/** The topmost folder on the way that is to be made. */
async function firstMissing(folder: string): Promise<string | undefined> {
  let top: string | undefined;
  for (let at = folder; !(await isTaken(at)); at = dirname(at)) top = at;
  return top;
}

const POLICY = 'shipway.policy.yaml';
/** Texts by the names of their files. */
type Starters = Readonly<Record<string, string>>;

/** As they fit the repository: builds are of the branch that it has. */
async function starters(folder: string, typescript: boolean): Promise<Starters> {
  const { STARTER_POLICY, starterService } = await import('../config/starter.js');
  const { starterCode } = await import('../config/starter-code.js');
  const { mainBranchOf } = await import('../config/git.js');
  const branch = await mainBranchOf(folder);
  return {
    ...(typescript
      ? { 'shipway.config.ts': starterCode(branch) }
      : { 'shipway.yaml': starterService(branch) }),
    [POLICY]: STARTER_POLICY,
  };
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'it, or what it is in, is a link to nothing',
  ENOTDIR: 'it, or what it is in, is a file',
  EEXIST: 'it, or what it is in, is a file',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'you may not write there',
  ENAMETOOLONG: 'its name is too long',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your share of the disk is full',
  EFBIG: 'files may not be that large',
};
const unusable = (folder: string, error: NodeJS.ErrnoException): Error => {
  const why = WHY[error.code ?? ''];
  return why === undefined
    ? error
    : new UsageError(`${folder} cannot be used: ${why}`, 'name another folder');
};
