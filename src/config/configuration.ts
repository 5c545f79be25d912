import { dirname } from 'node:path';
import { evaluatedDocument } from './code.js';
import { parseDocument, readDocument, type ParsedDocument } from './document.js';
import { filesNow, filesOfCommit } from './files.js';
import { git } from './git.js';
import { isCode } from './is-code.js';

/**
 * The document of a configuration as it is now; code is evaluated, so nothing but a client calls this. Fails with `UsageError` only when
 * the file cannot be read at all.
 */
export async function configurationNow(file: string): Promise<ParsedDocument> {
  if (!isCode(file)) return readDocument(file);
  const folder = dirname(file);
  const root = await git(folder, ['rev-parse', '--show-toplevel']).catch(() => folder);
  return evaluatedDocument(file, filesNow(root));
}

/** The same of a file as it is in a commit, with all that it imports there; `undefined` when it is not there. Fails with what git says. */
export async function configurationAt(
  root: string,
  commit: string,
  file: string,
): Promise<ParsedDocument | undefined> {
  const files = filesOfCommit(root, commit);
  const text = await files.read(file);
  if (text === undefined) return undefined;
  if (typeof text !== 'string') return { problems: [text] };
  return isCode(file) ? evaluatedDocument(file, files) : parseDocument(file, text);
}
