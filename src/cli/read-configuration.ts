import { relative } from 'node:path';
import { configurationAt, configurationNow, presentAt, type ParsedDocument } from '../config/index.js';
import { UsageError } from '../errors.js';
import { namesOf, oneOf, pathFromHere } from './configuration-file.js';
import { printable, progress } from './output.js';

/** A configuration that has been read, and the file that it is in. */
export interface ReadConfiguration {
  readonly file: string;
  readonly document: ParsedDocument;
}

/** As it is now. Fails with `UsageError` only when the file cannot be read at all. */
export async function readNow(file: string): Promise<ReadConfiguration> {
  return read(file, await configurationNow(file));
}

/**
 * As it is in a commit: under the name that it has now, or under the other that it had then. Fails with `UsageError` where the commit
 * has none, or two.
 */
export async function readAt(root: string, commit: string, file: string): Promise<ReadConfiguration> {
  const where = ` in commit ${commit.slice(0, 12)}`;
  const there = await presentAt(root, commit, namesOf(file));
  const [first = file, second] = there;
  if (second !== undefined)
    throw oneOf(
      there.map((name) => relative(root, name)),
      where,
    );
  const document = await configurationAt(root, commit, first);
  if (document === undefined)
    throw new UsageError(
      `commit ${commit.slice(0, 12)} has no ${relative(root, file)}`,
      'commit it, or ship the working tree with --dirty',
    );
  if (first !== file) progress(`the configuration${where} is ${pathFromHere(first)}`);
  return read(first, document);
}

/** What it printed is shown, and not where results go. */
function read(file: string, document: ParsedDocument): ReadConfiguration {
  for (const line of document.printed?.split('\n') ?? [])
    progress(`${pathFromHere(file)} prints: ${printable(line)}`);
  return { file, document };
}
