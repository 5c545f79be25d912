import type { Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, pack, type Extract, type Pack } from 'tar-stream';
import { bytesText, sizeText } from '../../domain/size.js';
import { ShipwayError, whyOf } from '../../errors.js';
import { ifGone, ifNowhere } from '../../if-gone.js';
import { isBelow, openSeen } from './plain-file.js';

type Entry = Extract extends AsyncIterable<infer E> ? E : never;
type Header = Parameters<Pack['entry']>[0];
const EPOCH = new Date(0);
const PLAIN = 0o644;
const EXECUTABLE = 0o755;

/**
 * The declared paths of a workspace as one tar: sorted, without times, owners or other modes than plain and executable, so that equal
 * content has an equal digest however it was declared. Fails with `stage.artifact_missing`, and with `stage.artifact_refused` for
 * anything that leads out of the workspace or is neither file, folder nor link inside it, and, before anything is read, for more than
 * `most` bytes.
 */
export async function* packArtifacts(
  workspace: string,
  paths: readonly string[],
  most = Infinity,
): AsyncGenerator<Uint8Array> {
  const root = await realpath(workspace);
  const found = new Set<string>();
  for (const path of paths) await collect(root, await declared(root, path), found);
  await refuseTooMuch(root, found, most);
  const tar = pack();
  const adding = (async () => {
    for (const path of [...found].sort()) await add(tar, root, path);
    tar.finalize();
  })();
  adding.catch((error: unknown) => {
    tar.destroy(error as Error);
  });
  yield* tar as AsyncIterable<Uint8Array>;
}

/** A declared path below the workspace, also after the links on the way to it are followed. */
async function declared(root: string, path: string): Promise<string> {
  const full = inside(root, path);
  const missing = (): never => {
    throw new ShipwayError('stage.artifact_missing', `the stage did not leave ${path}`);
  };
  if (full === root) return full;
  const parent = (await realpath(dirname(full)).catch(ifGone)) ?? missing();
  if (!isBelow(root, parent)) throw leadsOut(path);
  if ((await lstat(full).catch(ifGone)) === undefined) missing();
  return full;
}

async function collect(root: string, path: string, found: Set<string>): Promise<void> {
  if (!(await lstat(path)).isDirectory()) {
    found.add(path);
    return;
  }
  const children = await readdir(path);
  // A folder is in the tar by what it holds; an empty one by itself.
  if (children.length === 0 && path !== root) found.add(path);
  for (const child of children) await collect(root, join(path, child), found);
}

const BLOCK = 512;

/** By the sizes that the files say they have, and the least that a tar puts around them. */
async function refuseTooMuch(root: string, found: ReadonlySet<string>, most: number): Promise<void> {
  if (most === Infinity) return;
  let [bytes, largest] = [2 * BLOCK, { path: '', size: 0 }];
  for (const path of found) {
    const stat = await lstat(path);
    const size = stat.isFile() ? stat.size : 0;
    bytes += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (size > largest.size) largest = { path, size };
  }
  if (bytes <= most) return;
  throw new ShipwayError(
    'stage.artifact_refused',
    `the artifacts have ${bytesText(bytes)}, of which ${relative(root, largest.path)} has ${bytesText(largest.size)}, and at most ${sizeText(most)} are taken; declare less in \`artifacts\`, or raise SHIPWAY_ARTIFACT_LIMIT on all workers`,
  );
}

async function add(tar: Pack, root: string, path: string): Promise<void> {
  const name = relative(root, path);
  const stat = await lstat(path);
  const common = { name, mtime: EPOCH, uid: 0, gid: 0, uname: '', gname: '' };
  if (stat.isSymbolicLink()) {
    const linkname = await readlink(path);
    if (!(await staysInside(root, path, linkname))) throw leadsOut(`${name} -> ${linkname}`);
    tar.entry({ ...common, type: 'symlink', linkname, mode: 0o777 });
  } else if (stat.isDirectory()) {
    tar.entry({ ...common, type: 'directory', mode: EXECUTABLE });
  } else if (stat.isFile()) {
    const mode = (stat.mode & 0o100) === 0 ? PLAIN : EXECUTABLE;
    await addFile(tar, root, path, stat, { ...common, size: stat.size, mode });
  } else throw new ShipwayError('stage.artifact_refused', `${name} is neither a file nor a folder`);
}

/** The stage's user may still be at work: only what was looked at is read. */
async function addFile(tar: Pack, root: string, path: string, seen: Stats, header: Header): Promise<void> {
  const file = await openSeen(path, seen, (place) => isBelow(root, place));
  if (file === undefined) throw leadsOut(`${header.name}, which was exchanged while it was read,`);
  try {
    await pipeline(file.createReadStream({ autoClose: false }), tar.entry(header));
  } finally {
    await file.close();
  }
}

/**
 * Unpacks below `directory` and nowhere else: no absolute names, no `..`, no link that leads out, nothing written through a link.
 * What lies there under the same name is replaced. Fails with `stage.artifact_refused` before writing anything outside.
 */
export async function unpackArtifacts(content: AsyncIterable<Uint8Array>, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const root = await realpath(directory);
  const tar = extract();
  const known = new Set([root]);
  const links: string[] = [];
  let lost: unknown;
  const watched = async function* (): AsyncIterable<Uint8Array> {
    try {
      yield* content;
    } catch (error) {
      lost = error;
      throw error;
    }
  };
  const reading = pipeline(Readable.from(watched()), tar);
  const writing = (async () => {
    for await (const entry of tar) await unpackEntry(root, entry, known, links);
    for (const link of links) await checkLink(root, link);
  })();
  writing.catch((error: unknown) => {
    tar.destroy(error as Error);
  });
  const [written, read] = await Promise.allSettled([writing, reading]);
  // What the store said of its bytes explains more than that the tar broke off.
  if (lost !== undefined) throw lost as Error;
  if (written.status === 'rejected') throw unpackError(written.reason);
  if (read.status === 'rejected') throw unpackError(read.reason);
}

/** The disk's errors are its own; any other is the tar's. */
function unpackError(error: unknown): unknown {
  if (error instanceof ShipwayError || (error as NodeJS.ErrnoException).syscall !== undefined) return error;
  const why = whyOf(error);
  return new ShipwayError('stage.artifact_refused', `it is no tar that can be unpacked: ${why}`, {
    cause: error,
  });
}

async function unpackEntry(root: string, entry: Entry, known: Set<string>, links: string[]): Promise<void> {
  const { name, type, mode, linkname } = entry.header;
  const path = inside(root, name);
  if (type === 'directory') {
    await folder(path, known);
    entry.resume();
    return;
  }
  if (path === root) throw leadsOut(name);
  await folder(dirname(path), known);
  await clear(path);
  if (type === 'symlink') {
    if (!(await staysInside(root, path, linkname))) throw leadsOut(`${name} -> ${linkname}`);
    await symlink(linkname, path);
    links.push(path);
    entry.resume();
  } else if (type === 'file') {
    const kept = (mode & 0o100) === 0 ? PLAIN : EXECUTABLE;
    await writeEntry(path, kept, entry);
  } else throw new ShipwayError('stage.artifact_refused', `${name} is a ${type}`);
}

/** Read piece by piece: a pipe would wait for ever on an entry whose tar broke off before it. */
async function writeEntry(path: string, mode: number, entry: Entry): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    for await (const chunk of entry as AsyncIterable<Uint8Array>) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

/** Never write into what lies there: it may be a link. */
async function clear(path: string): Promise<void> {
  const stat = await lstat(path).catch(ifGone);
  if (stat?.isDirectory() === true)
    throw new ShipwayError('stage.artifact_refused', `${path} is a folder and is to be a file`);
  await rm(path, { force: true });
}

/** Makes a folder part by part, so that no part is a link. */
async function folder(path: string, known: Set<string>): Promise<void> {
  if (known.has(path)) return;
  await folder(dirname(path), known);
  const stat = await lstat(path).catch(ifGone);
  if (stat === undefined) await mkdir(path, { mode: EXECUTABLE });
  else if (!stat.isDirectory())
    throw new ShipwayError('stage.artifact_refused', `${path} is to be a folder and is none`);
  known.add(path);
}

/** Links may lead over one another, so where one really ends shows only when all are there. */
async function checkLink(root: string, link: string): Promise<void> {
  const end = await realpath(link).catch(ifNowhere);
  if (end === undefined || isBelow(root, end)) return;
  await rm(link, { force: true });
  throw leadsOut(relative(root, link));
}

/** `..` only counts at the begin of a link: after a folder that is a link itself it would mean another place than it reads. */
async function staysInside(root: string, path: string, linkname: string): Promise<boolean> {
  const target = resolve(dirname(path), linkname);
  const down = linkname.split('/').findIndex((part) => part !== '..');
  const climbsLater = down !== -1 && linkname.split('/').slice(down).includes('..');
  if (isAbsolute(linkname) || climbsLater || !isBelow(root, target)) return false;
  const end = await realpath(target).catch(ifNowhere);
  return end === undefined || isBelow(root, end);
}

const leadsOut = (what: string): ShipwayError =>
  new ShipwayError('stage.artifact_refused', `${what} leads out of the workspace`);

/** `path` below `root`, or `stage.artifact_refused`. */
function inside(root: string, path: string): string {
  const full = resolve(root, path);
  if (!isBelow(root, full)) throw leadsOut(path);
  return full;
}
