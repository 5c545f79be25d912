import { relative } from 'node:path';
import { UsageError } from '../errors.js';
import { fileAt } from './git.js';
import type { Environments } from './plan.js';
import type { Loaded } from './problem.js';
import { parseService, type ServiceConfig } from './service.js';
import { wayOf } from './way.js';

/** The configuration in `file` of a repository as it is in a commit. Fails with `UsageError` when it is not there. */
export async function configAt(root: string, commit: string, file: string): Promise<Loaded<ServiceConfig>> {
  const text = await fileAt(root, commit, file);
  if (text === undefined)
    throw new UsageError(
      `commit ${commit.slice(0, 12)} has no ${relative(root, file)}`,
      'commit it, or ship the working tree with --dirty',
    );
  return typeof text === 'string' ? parseService(file, text) : { ok: false, problems: [text] };
}

/** The environment that is named, else those that the configuration leads through. Fails with `UsageError` when neither says. */
export function environmentsAsked(
  asked: string | undefined,
  { stages, environments }: ServiceConfig,
): Environments {
  const named = asked?.trim();
  const [first, ...more] = named === undefined ? wayOf(stages) : [named];
  if (first !== undefined && first !== '') return [first, ...more];
  throw new UsageError(
    '--environment is missing, and the stage deploy names no environments',
    `--environment with one of ${Object.keys(environments).join(', ')}`,
  );
}
