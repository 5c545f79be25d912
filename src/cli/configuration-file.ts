import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { brokenLink, isFile } from '../folders.js';
import { string } from './output.js';
import type { Values } from './table.js';

/** What a configuration is called that is found without being named. A folder has one. */
const NAMES = ['shipway.yaml', ...['ts', 'mts', 'js', 'mjs'].map((end) => `shipway.config.${end}`)];

/** The names that a configuration may have in another commit, when it was found by one of them; else its own. */
export const namesOf = (file: string): readonly string[] =>
  NAMES.includes(basename(file)) ? NAMES.map((name) => join(dirname(file), name)) : [file];

/** `-f`, else the configuration here or above. Fails with `UsageError`. */
export async function configurationFile(values: Values): Promise<string> {
  const named = string(values, 'file');
  const found = await (named === undefined ? nearest(NAMES) : namedFile(named));
  if (found instanceof UsageError) throw found;
  if (found !== undefined) return found;
  const missing = 'there is no shipway.yaml or shipway.config.ts here or above';
  const other = await nearest(['shipway.yml']);
  if (other instanceof UsageError) throw other;
  if (other === undefined) throw new UsageError(missing, 'make one with `shipway init`, or name it with -f');
  const path = pathFromHere(other);
  throw new UsageError(`${missing}, but ${path}`, `name it shipway.yaml, or say: -f ${path}`);
}

/** The same for a command that can do without one, also where a link leads to none; what `-f` names must be there. */
export async function configurationIfAny(values: Values): Promise<string | undefined> {
  const named = string(values, 'file');
  if (named !== undefined) return namedFile(named);
  const found = await nearest(NAMES);
  return found instanceof UsageError ? undefined : found;
}

/** As whoever typed the command would name it. */
export const pathFromHere = (file: string): string => relative(process.cwd(), file) || file;

/** The file that `-f`, or another option, names. Fails with `UsageError`. */
export async function namedFile(named: string, option = '-f'): Promise<string> {
  if (named === '')
    throw new UsageError(
      `${option} names an empty path`,
      'name a file, or leave it out for shipway.yaml or shipway.config.ts here or above',
    );
  const found = await stat(resolve(named)).catch((error: NodeJS.ErrnoException) => error.code ?? 'ENOENT');
  if (found === 'ENOENT' || found === 'ENOTDIR')
    throw (
      (await brokenLink(named)) ??
      new UsageError(`there is no file ${named}`, `name an existing file with ${option}`)
    );
  if (typeof found === 'string' || found.isFile()) return resolve(named);
  throw found.isDirectory()
    ? new UsageError(
        `${named} is a folder`,
        option === '-f'
          ? `name the file in it: -f ${join(named, 'shipway.yaml')}`
          : `name the file in it: ${option} FILE`,
      )
    : new UsageError(`${named} is not a file that can be read twice`, `name a plain file with ${option}`);
}

/** The file of one of these names here or above, or what is wrong: a link that comes first and leads to none, or two in one folder. */
async function nearest(names: readonly string[]): Promise<string | UsageError | undefined> {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const found = (await Promise.all(names.map((name) => fileOrLink(join(folder, name))))).filter(
      (one) => one !== undefined,
    );
    const files = found.filter((one) => typeof one === 'string');
    if (files.length > 1) return oneOf(files.map(pathFromHere));
    const [first] = found;
    if (first !== undefined) return first;
    if (folder === dirname(folder)) return undefined;
  }
}

const fileOrLink = async (file: string): Promise<string | UsageError | undefined> =>
  (await isFile(file)) ? file : brokenLink(file);

/** Two configurations say two things; which one counts is not guessed. */
export const oneOf = (paths: readonly string[], where = ''): UsageError =>
  new UsageError(
    `${paths.join(' and ')} are both there${where}, and a service has one configuration`,
    `remove ${paths.slice(1).join(' and ')} to go on with ${paths[0] ?? ''}, or remove ${paths[0] ?? ''}`,
  );
