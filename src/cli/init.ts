import { mkdir, open, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { brokenLink, isTaken } from '../folders.js';
import { result, string } from './output.js';
import type { Command } from './table.js';

/** `shipway init`: starter files, or an example's repository. Nothing that is there is written over, and nothing half made stays. */
export const init: Command = async (values, [directory]) => {
  if (directory === '')
    throw new UsageError('the path of the folder is empty', 'name a folder, or leave it out for this one');
  const example = string(values, 'example');
  const folder = resolve(directory ?? example ?? '.');
  if (example !== undefined) {
    const { createExample } = await import('./example/create-example.js');
    const { tags } = await createExample({ name: example, directory: folder });
    result(values, { directory: folder, tags }, [
      `made ${folder} with ${tags.join(', ')}`,
      `next: cd ${folder} && shipway dev`,
    ]);
    return 0;
  }
  try {
    for (const name of NAMES) await refuseTaken(join(folder, name));
    await write(folder);
  } catch (error) {
    throw unusable(folder, error as NodeJS.ErrnoException);
  }
  result(values, { directory: folder, files: NAMES }, [
    `wrote ${NAMES.join(' and ')} in ${folder}`,
    'next: edit them, then shipway validate',
  ]);
  return 0;
};

const NAMES = ['shipway.yaml', 'shipway.policy.yaml'] as const;

async function refuseTaken(path: string): Promise<void> {
  if (!(await isTaken(path))) return;
  throw (
    (await brokenLink(path)) ??
    new UsageError(`${path} is there already`, 'another folder, or edit the file that is there')
  );
}

/** All or nothing: what it made is removed again when it cannot finish, and nothing that somebody else has put there meanwhile. */
async function write(folder: string): Promise<void> {
  const top = await firstMissing(folder);
  const made: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(await starters(folder))) {
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

/** As they fit the repository: builds are of the branch that it has. */
async function starters(folder: string): Promise<Readonly<Record<(typeof NAMES)[number], string>>> {
  const { STARTER_POLICY, starterService } = await import('../config/starter.js');
  const { mainBranchOf } = await import('../config/git.js');
  return {
    'shipway.yaml': starterService(await mainBranchOf(folder)),
    'shipway.policy.yaml': STARTER_POLICY,
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
