import { execFileSync } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pack, type Pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSeen } from '../../src/adapters/artifacts/plain-file.js';
import { packArtifacts, unpackArtifacts } from '../../src/adapters/artifacts/tar.js';
import { digestOfBytes, pieces, read } from '../contracts/artifacts.js';

let top: string;
let workspace: string;
let target: string;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'tar-'));
  workspace = join(top, 'workspace');
  target = join(top, 'target');
  await mkdir(workspace);
});
afterEach(() => rm(top, { recursive: true, force: true }));

async function file(name: string, content = name, mode = 0o644): Promise<void> {
  await mkdir(dirname(join(workspace, name)), { recursive: true });
  await writeFile(join(workspace, name), content);
  await chmod(join(workspace, name), mode);
}
const packed = (...paths: string[]): Promise<Buffer> => read(packArtifacts(workspace, paths));
const refused = { name: 'ShipwayError', type: 'stage.artifact_refused' };

describe('packing', () => {
  test('files, folders, links, empty folders and modes come back as they were', async () => {
    await file('dist/b.js', 'b', 0o755);
    await file('dist/a/deep.txt', 'x'.repeat(100_000), 0o600);
    await file('run.sh', '#!/bin/sh', 0o711);
    await mkdir(join(workspace, 'dist/empty'));
    await symlink('../run.sh', join(workspace, 'dist/link'));
    await unpackArtifacts(pieces(await packed('dist', 'run.sh')), target);
    expect((await readdir(target, { recursive: true })).sort()).toEqual(
      ['dist', 'dist/a', 'dist/a/deep.txt', 'dist/b.js', 'dist/empty', 'dist/link', 'run.sh'].sort(),
    );
    expect(await readFile(join(target, 'dist/a/deep.txt'), 'utf8')).toHaveLength(100_000);
    expect(await readlink(join(target, 'dist/link'))).toBe('../run.sh');
    const modes = await Promise.all(
      ['dist/b.js', 'dist/a/deep.txt', 'run.sh'].map(
        async (f) => (await lstat(join(target, f))).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o755, 0o644, 0o755]);
  });

  test('equal content has an equal digest, whatever times, owners, order and overlaps', async () => {
    await file('b/1');
    await file('a.txt');
    await file('a/2', 'two', 0o640);
    const first = await packed('a', 'b', 'a.txt');
    await utimes(join(workspace, 'b/1'), 1, 1);
    await chmod(join(workspace, 'a/2'), 0o600);
    const second = await packed('b/', './a.txt', 'a', 'b/1', 'a');
    expect(digestOfBytes(second)).toBe(digestOfBytes(first));
    await writeFile(join(workspace, 'b/1'), 'other');
    expect(digestOfBytes(await packed('a', 'b', 'a.txt'))).not.toBe(digestOfBytes(first));
  });

  test.runIf(process.platform === 'linux')(
    'a folder that becomes a link while it is packed gives nothing of where it leads',
    async () => {
      await file('a', 'x'.repeat(1_000_000));
      await file('b/secret', 'mine');
      await mkdir(join(top, 'elsewhere'));
      await writeFile(join(top, 'elsewhere/secret'), 'theirs');
      const reading = packArtifacts(workspace, ['a', 'b'])[Symbol.asyncIterator]();
      await reading.next();
      await rename(join(workspace, 'b'), join(top, 'aside'));
      await symlink(join(top, 'elsewhere'), join(workspace, 'b'));
      await expect(read({ [Symbol.asyncIterator]: () => reading })).rejects.toMatchObject(refused);
    },
  );

  test.each([
    ['a link', (path: string) => symlink('/etc/hostname', path)],
    ['another file', (path: string) => writeFile(path, 'another')],
  ])('a file that became %s since it was looked at is not opened', async (_, exchange) => {
    await file('a');
    const path = join(workspace, 'a');
    const seen = await lstat(path);
    const opened = () => openSeen(path, seen, () => true);
    await (await opened())?.close();
    await rename(path, join(top, 'aside'));
    await exchange(path);
    expect(await opened()).toBeUndefined();
  });

  test('the whole workspace can be declared', async () => {
    await file('a/b');
    await unpackArtifacts(pieces(await packed('.')), target);
    expect(await readFile(join(target, 'a/b'), 'utf8')).toBe('a/b');
  });

  test('a missing path is named', async () => {
    await file('a');
    for (const path of ['dist/app.js', 'nothing'])
      await expect(packed('a', path)).rejects.toMatchObject({
        type: 'stage.artifact_missing',
        message: expect.stringContaining(path) as string,
      });
  });

  test('a failure waits for its reader, who may come late', async () => {
    const late = packArtifacts(workspace, ['nothing']);
    await new Promise((r) => setTimeout(r, 50));
    await expect(read(late)).rejects.toMatchObject({ type: 'stage.artifact_missing' });
  });

  test('a path outside is refused, plainly or through a link on the way', async () => {
    await mkdir(join(top, 'outside'));
    await writeFile(join(top, 'outside/secret'), 'secret');
    await symlink('../outside', join(workspace, 'way'));
    for (const path of ['../outside/secret', join(top, 'outside'), 'way/secret', 'a/../../outside'])
      await expect(packed(path), path).rejects.toMatchObject(refused);
  });

  test('links that lead out, directly, over another link or by an absolute path, are refused', async () => {
    await file('dist/a');
    const links = { out: '../../outside', absolute: join(workspace, 'dist/a'), over: 'b/b/../../x' };
    await symlink('.', join(workspace, 'dist/b'));
    await mkdir(join(top, 'x'));
    for (const [name, to] of Object.entries(links)) {
      await symlink(to, join(workspace, 'dist', name));
      await expect(packed('dist'), name).rejects.toMatchObject(refused);
      await rm(join(workspace, 'dist', name));
    }
    await packed('dist');
  });

  test('pipes and sockets are refused', async () => {
    await mkdir(join(workspace, 'dist'));
    execFileSync('mkfifo', [join(workspace, 'dist/pipe')]);
    await expect(packed('dist')).rejects.toMatchObject(refused);
  });

  test('a reader that stops early ends the packing', async () => {
    for (let i = 0; i < 50; i++) await file(`dist/${String(i)}`, 'x'.repeat(100_000));
    for await (const chunk of packArtifacts(workspace, ['dist'])) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });
});

describe('unpacking', () => {
  const made = (build: (tar: Pack) => void): Promise<Buffer> => {
    const tar = pack();
    build(tar);
    tar.finalize();
    return read(tar as unknown as AsyncIterable<Uint8Array>);
  };
  async function refuses(build: (tar: Pack) => void): Promise<void> {
    const beside = async () => (await readdir(top)).filter((name) => name !== 'target').sort();
    const before = await beside();
    await expect(unpackArtifacts(pieces(await made(build)), target)).rejects.toMatchObject(refused);
    expect(await beside()).toEqual(before);
  }

  test('absolute names and names with .. are refused', async () => {
    await refuses((t) => t.entry({ name: join(top, 'evil') }, 'x'));
    await refuses((t) => t.entry({ name: 'a/../../evil' }, 'x'));
    await refuses((t) => t.entry({ name: '../evil', type: 'directory' }));
  });

  test('nothing is written through a link, whether the tar brought it or it lay there', async () => {
    await refuses((t) => {
      t.entry({ name: 'way', type: 'symlink', linkname: 'inside' });
      t.entry({ name: 'inside/a' }, 'x');
      t.entry({ name: 'way/b' }, 'x');
    });
    await rm(target, { recursive: true });
    await mkdir(target);
    await mkdir(join(top, 'elsewhere'));
    await symlink('../elsewhere', join(target, 'there'));
    await refuses((t) => t.entry({ name: 'there/b' }, 'x'));
    expect(await readdir(join(top, 'elsewhere'))).toEqual([]);
  });

  test('a file replaces a link of its name and not what the link means', async () => {
    await mkdir(target);
    await writeFile(join(top, 'precious'), 'precious');
    await symlink('../precious', join(target, 'a'));
    await unpackArtifacts(pieces(await made((t) => t.entry({ name: 'a' }, 'new'))), target);
    expect(await readFile(join(top, 'precious'), 'utf8')).toBe('precious');
    expect(await readFile(join(target, 'a'), 'utf8')).toBe('new');
  });

  test('links that lead out are refused, also when only their sum does', async () => {
    await refuses((t) => t.entry({ name: 'a', type: 'symlink', linkname: '../workspace' }));
    await refuses((t) => t.entry({ name: 'a', type: 'symlink', linkname: '/etc' }));
    await refuses((t) => {
      t.entry({ name: 'z', type: 'symlink', linkname: 'b/b/b/../../..' });
      t.entry({ name: 'b', type: 'symlink', linkname: '.' });
    });
  });

  test('hard links and devices are refused', async () => {
    await refuses((t) => t.entry({ name: 'a', type: 'link', linkname: '../workspace' }));
    await refuses((t) => t.entry({ name: 'a', type: 'character-device', devmajor: 1, devminor: 3 }));
  });

  test('a mode is plain or executable and nothing else', async () => {
    await unpackArtifacts(pieces(await made((t) => t.entry({ name: 'a', mode: 0o6777 }, 'x'))), target);
    expect((await lstat(join(target, 'a'))).mode & 0o7777).toBe(0o755);
  });

  test('a stream that breaks off, or that is no tar, is an error and no crash', async () => {
    async function* broken(): AsyncIterable<Uint8Array> {
      yield (await made((t) => t.entry({ name: 'a' }, 'x'.repeat(5_000)))).subarray(0, 1_500);
      throw new Error('the store went away');
    }
    await expect(unpackArtifacts(broken(), target)).rejects.toThrow('the store went away');
    await expect(unpackArtifacts(pieces(Buffer.from('no tar '.repeat(500))), target)).rejects.toThrow();
  });
});
