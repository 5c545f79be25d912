import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { result, string } from './output.js';
import type { Command } from './table.js';
import { exists } from '../folders.js';

/** `shipway init`: starter files, or an example's repository. Nothing that is there is written over. */
export const init: Command = async (values, [directory]) => {
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
  const names = ['shipway.yaml', 'shipway.policy.yaml'];
  try {
    for (const name of names)
      if (await exists(join(folder, name)))
        throw new UsageError(
          `${join(folder, name)} is there already`,
          'another folder, or edit the file that is there',
        );
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(await starters(folder)))
      await writeFile(join(folder, name), text, { flag: 'wx' });
  } catch (error) {
    throw unusable(folder, error as NodeJS.ErrnoException);
  }
  result(values, { directory: folder, files: names }, [
    `wrote ${names.join(' and ')} in ${folder}`,
    'next: edit them, then shipway validate',
  ]);
  return 0;
};

/** As they fit the repository: builds are of the branch that it has. */
async function starters(folder: string): Promise<Record<string, string>> {
  const { STARTER_POLICY, starterService } = await import('../config/starter.js');
  const { mainBranchOf } = await import('../config/git.js');
  return {
    'shipway.yaml': starterService(await mainBranchOf(folder)),
    'shipway.policy.yaml': STARTER_POLICY,
  };
}

const WHY: Readonly<Record<string, string>> = {
  ENOTDIR: 'it, or what it is in, is a file',
  EEXIST: 'it, or what it is in, is a file',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'you may not write there',
  ENAMETOOLONG: 'its name is too long',
  ENOSPC: 'the disk is full',
};
const unusable = (folder: string, error: NodeJS.ErrnoException): Error => {
  const why = WHY[error.code ?? ''];
  return why === undefined
    ? error
    : new UsageError(`${folder} cannot be used: ${why}`, 'name another folder');
};
