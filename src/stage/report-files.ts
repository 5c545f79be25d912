import { lstat, readdir, realpath, type FileHandle } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { isBelow, openSeen } from '../adapters/artifacts/plain-file.js';
import { sizeText } from '../domain/size.js';
import { ShipwayError } from '../errors.js';
import { ifNowhere } from '../if-gone.js';

/** What one file, and how many files, may be read of a stage. */
const MOST_BYTES = 64 * 1024 ** 2;
const MOST_FILES = 1_000;

/**
 * The files that are meant by declared paths: a file itself, of a folder all below it with this ending, if folders are meant at all.
 * Sorted, each once. Fails with `stage.report_missing`, and with `stage.report_invalid` for what leads out of the workspace.
 */
export async function reportFiles(
  workspace: string,
  paths: readonly string[],
  ending: string,
): Promise<readonly string[]> {
  const root = await realpath(workspace);
  const found = new Set<string>();
  for (const path of paths) {
    const place = await placeOf(root, path);
    const folder = ending !== '' && (await lstat(place)).isDirectory();
    const files = folder ? await below(root, place, ending) : [path];
    if (files.length === 0) throw missing(`a ${ending} file in ${path}`);
    for (const file of files) found.add(file);
  }
  if (found.size > MOST_FILES)
    throw invalid(`${String(found.size)} report files are declared, at most ${String(MOST_FILES)} are read`);
  return [...found].sort();
}

/** A report's bytes, read from where it lies in the workspace and nowhere else, whoever may exchange it meanwhile. Fails like `reportFiles`. */
export async function readReport(workspace: string, path: string): Promise<Buffer> {
  const root = await realpath(workspace);
  const place = await placeOf(root, path);
  const seen = await lstat(place);
  if (!seen.isFile()) throw invalid(`${path} is no file`);
  if (seen.size > MOST_BYTES) throw tooLarge(path, seen.size);
  const file = await openSeen(place, seen, (at) => isBelow(root, at));
  if (file === undefined) throw leadsOut(`${path}, which was exchanged while it was read,`);
  try {
    return await wholeOf(file, path);
  } finally {
    await file.close();
  }
}

/** It may still grow. */
async function wholeOf(file: FileHandle, path: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
    bytes += part.byteLength;
    if (bytes > MOST_BYTES) throw tooLarge(path, bytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Where it really is, after all links on the way. */
async function placeOf(root: string, path: string): Promise<string> {
  const full = resolve(root, path);
  if (!isBelow(root, full)) throw leadsOut(path);
  const place = await realpath(full).catch(ifNowhere);
  if (place === undefined) throw missing(path);
  if (!isBelow(root, place)) throw leadsOut(path);
  return place;
}

async function below(root: string, folder: string, ending: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((e) => !e.isDirectory() && e.name.endsWith(ending))
    .map((e) => relative(root, join(e.parentPath, e.name)));
}

const missing = (what: string): ShipwayError =>
  new ShipwayError(
    'stage.report_missing',
    `the stage did not leave ${what}, which is a report that it declares`,
  );
const invalid = (why: string): ShipwayError => new ShipwayError('stage.report_invalid', why);
const leadsOut = (what: string): ShipwayError => invalid(`${what} leads out of the workspace`);
const tooLarge = (path: string, bytes: number): ShipwayError =>
  invalid(`${path} has ${sizeText(bytes)}, a report may have ${sizeText(MOST_BYTES)}`);
