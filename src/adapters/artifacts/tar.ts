import { createReadStream } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { dirname, join, normalize, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, pack, type Pack } from 'tar-stream';
import { ShipwayError } from '../../errors.js';

const EPOCH = new Date(0);

/**
 * The declared paths of a workspace as one tar: sorted, without times, owners or other modes than plain and executable, so that equal
 * content has an equal digest. Fails with `stage.artifact_missing`, and with `stage.artifact_refused` for anything that leads out
 * of the workspace or is neither file, folder nor link inside it.
 */
export function packArtifacts(workspace: string, paths: readonly string[]): AsyncIterable<Uint8Array> {
  const tar = pack();
  const root = resolve(workspace);
  const adding = (async () => {
    for (const path of [...paths].map((p) => normalize(p)).sort()) await add(tar, root, inside(root, path));
    tar.finalize();
  })();
  adding.catch((error: unknown) => tar.destroy(error as Error));
  return tar as AsyncIterable<Uint8Array>;
}

async function add(tar: Pack, root: string, path: string): Promise<void> {
  const name = relative(root, path);
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined) throw new ShipwayError('stage.artifact_missing', `the stage did not leave ${name}`);
  const common = { name, mtime: EPOCH, uid: 0, gid: 0, uname: '', gname: '' };
  if (stat.isSymbolicLink()) return link(tar, root, path, common);
  if (stat.isDirectory()) {
    for (const child of (await readdir(path)).sort()) await add(tar, root, join(path, child));
    return;
  }
  if (!stat.isFile())
    throw new ShipwayError('stage.artifact_refused', `${name} is neither a file nor a folder`);
  const entry = tar.entry({ ...common, size: stat.size, mode: (stat.mode & 0o100) === 0 ? 0o644 : 0o755 });
  await pipeline(createReadStream(path), entry);
}

async function link(tar: Pack, root: string, path: string, common: { name: string }): Promise<void> {
  const linkname = await readlink(path);
  inside(root, relative(root, resolve(dirname(path), linkname)));
  tar.entry({ ...common, type: 'symlink', linkname, mode: 0o777 });
  return Promise.resolve();
}

/** Unpacks below `directory` and nowhere else. Fails with `stage.artifact_refused` before writing anything outside. */
export async function unpackArtifacts(content: AsyncIterable<Uint8Array>, directory: string): Promise<void> {
  const root = resolve(directory);
  const tar = extract();
  const reading = pipeline(Readable.from(content), tar);
  for await (const entry of tar) {
    const { name, type, mode = 0o644, linkname } = entry.header;
    const path = inside(root, name);
    await mkdir(dirname(path), { recursive: true });
    if (type === 'symlink') {
      inside(root, relative(root, resolve(dirname(path), linkname ?? '')));
      await symlink(linkname ?? '', path);
      entry.resume();
    } else if (type === 'file') {
      await pipeline(entry, createWriteStream(path));
      await chmod(path, mode);
    } else throw new ShipwayError('stage.artifact_refused', `${name} is a ${String(type)}`);
  }
  await reading;
}

/** `path` below `root`, or `stage.artifact_refused`. */
function inside(root: string, path: string): string {
  const full = resolve(root, path);
  if (full !== root && !full.startsWith(root + sep))
    throw new ShipwayError('stage.artifact_refused', `${path} leads out of the workspace`);
  return full;
}
