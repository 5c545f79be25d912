import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { localArtifacts } from '../../src/adapters/artifacts/local.js';
import { packArtifacts } from '../../src/adapters/artifacts/tar.js';
import { startApi } from '../../src/api/server.js';
import type { ArtifactStore } from '../../src/domain/ports.js';
import type { StageBackend } from '../../src/domain/stage.js';
import { sha256 } from '../../src/hash.js';
import { httpBackend } from '../../src/stage/backend.js';
import { pieces, read } from '../contracts/artifacts.js';
import { memorySecrets } from '../support/memory-secrets.js';
import { memoryStore } from '../support/memory-store.js';
import { smallDisk, type SmallDisk } from '../support/small-disk.js';
import { stageLabOfFile } from '../support/stage-lab.js';

const MiB = 1024 ** 2;
const { lab, source } = await stageLabOfFile();
let disk: SmallDisk;
let store: ArtifactStore;
let api: Awaited<ReturnType<typeof startApi>>;
let remote: StageBackend;
const bugs: unknown[] = [];
beforeAll(async () => {
  disk = await smallDisk(16 * MiB);
  store = localArtifacts({ directory: join(disk.path, 'artifacts') });
  api = await startApi({
    ...{ store: memoryStore(), artifacts: store, secrets: memorySecrets(), host: '127.0.0.1', port: 0 },
    ...{ version: '1', maxArtifactBytes: 64 * MiB, checks: {}, onBug: (error) => bugs.push(error) },
  });
  remote = httpBackend({ apiUrl: api.url });
});
afterAll(async () => {
  await api.close();
  await disk.end();
});
beforeEach(() => disk.empty());

const files = async (): Promise<string[]> => {
  const found = await readdir(disk.path, { recursive: true, withFileTypes: true });
  return found
    .filter((e) => e.isFile() && e.name !== 'ballast')
    .map((e) => e.name)
    .sort();
};
const FULL = {
  type: 'disk.full',
  message: expect.stringMatching(/there is no room on the disk of the artifact store in .*ENOSPC/) as string,
};

test.each<[string, (content: Buffer) => Promise<unknown>]>([
  ['into the folder', (content) => store.put(pieces(content))],
  ['through /v1, as a stage worker does', (content) => remote.putArtifact(pieces(content))],
])(
  'an artifact for which there is no room leaves nothing, and is taken once there is: %s',
  async (how, put) => {
    const before = await store.put(pieces(Buffer.from(`kept before ${how}`)));
    const content = randomBytes(3 * MiB);
    const there = await files();
    await disk.fill(2 * MiB);
    await expect(put(content)).rejects.toMatchObject(FULL);
    expect(await files()).toEqual(there);
    expect(await store.has(sha256(content))).toBe(false);
    expect((await read(await store.get(before.digest))).toString()).toBe(`kept before ${how}`);
    await disk.empty();
    expect(await put(content)).toEqual({ digest: sha256(content), bytes: content.length });
    expect((await read(await store.get(sha256(content)))).equals(content)).toBe(true);
    expect(await files()).toEqual([...there, sha256(content)].sort());
    expect(bugs).toEqual([]);
  },
);

test('whoever uploads is told that it is the disk, and what to do', async () => {
  await disk.fill(0);
  const content = 'not even that';
  const answer = await fetch(`${api.url}/v1/artifacts/sha256/${sha256(content)}`, {
    method: 'PUT',
    body: content,
  });
  expect([answer.status, await answer.json()]).toMatchObject([
    507,
    { error: { type: 'disk.full', next: expect.stringContaining('shipway housekeeping') as string } },
  ]);
});

test('a stage whose artifacts find no room fails by that, and its next attempt leaves them without running again', async () => {
  const ran = join(lab.folder, 'ran');
  const stage = { script: [`echo >> ${ran}`, 'head -c 3000000 /dev/urandom > big'], artifacts: ['big'] };
  const input = lab.input(source, stage);
  const putArtifact: StageBackend['putArtifact'] = async (content) => {
    const [first] = [await read(content)];
    return first.length < 100_000
      ? lab.backend.putArtifact(pieces(first))
      : remote.putArtifact(pieces(first));
  };
  const backend = { ...lab.backend, putArtifact };
  await disk.fill(MiB);
  await expect(lab.attempt(input, { deps: { backend } }).result).rejects.toMatchObject({
    ...FULL,
    nonRetryable: false,
  });
  await disk.empty();
  const { artifacts } = await lab.attempt(input, { deps: { backend }, info: { attempt: 2 } }).result;
  expect(await store.has(artifacts?.digest ?? '')).toBe(true);
  expect((await read(createReadStream(ran))).toString()).toBe('\n');
});

test('an artifact of 2 GiB is refused by its size, before a byte of it is read', async () => {
  const script = ['mkdir dist', 'truncate -s 2G dist/image', 'echo small > dist/notes'];
  const input = lab.input(source, { script, artifacts: ['dist/'] });
  let asked = 0;
  const backend = {
    ...lab.backend,
    putArtifact: async (content: AsyncIterable<Uint8Array>) => {
      for await (const piece of content) asked = Math.max(asked, piece.byteLength);
      return { digest: sha256(''), bytes: 0 };
    },
  };
  const deps = { maxArtifactBytes: 2 * 1024 ** 3, backend };
  await expect(lab.attempt(input, { deps }).result).rejects.toMatchObject({
    type: 'stage.artifact_refused',
    nonRetryable: true,
    message:
      'the artifacts have 2.0 GiB, of which dist/image has 2.0 GiB, and at most 2Gi are taken; declare less in `artifacts`, or raise SHIPWAY_ARTIFACT_LIMIT on all workers',
  });
  expect(asked).toBeLessThanOrEqual(64 * 1024);
});

test('one that is let through is handed on piece by piece', async () => {
  const workspace = join(lab.folder, 'large');

  await mkdir(workspace);
  await writeFile(join(workspace, 'image'), '');
  await truncate(join(workspace, 'image'), 512 * MiB);
  const held = (): number => process.memoryUsage().arrayBuffers;
  const before = held();
  let [bytes, most] = [0, 0];
  for await (const piece of packArtifacts(workspace, ['image'], 1024 * MiB)) {
    bytes += piece.byteLength;
    most = Math.max(most, held());
  }
  expect(bytes).toBe(512 * MiB + 1536);
  expect(most - before).toBeLessThan(256 * MiB);
});
