import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ArtifactStore } from '../../src/domain/ports.js';

export interface ArtifactHarness {
  readonly store: ArtifactStore;
  /** How many contents, whole or in parts, the store keeps. */
  kept(): Promise<number>;
  /** Changes one byte of what is stored, behind the store's back. */
  corrupt(digest: string): Promise<void>;
  end(): Promise<void>;
}

export const digestOfBytes = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export async function* pieces(content: Uint8Array, size = 7_001): AsyncIterable<Uint8Array> {
  await Promise.resolve();
  for (let i = 0; i < content.length; i += size) yield content.subarray(i, i + size);
}

export async function read(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What every artifact store promises. */
export function artifactContract(name: string, make: () => Promise<ArtifactHarness>): void {
  describe(`${name}: artifact store`, () => {
    let h: ArtifactHarness;
    beforeEach(async () => {
      h = await make();
    });
    afterEach(() => h.end());
    const content = randomBytes(300_000);
    const digest = digestOfBytes(content);

    test('what is put can be read again, under the sha256 of its bytes', async () => {
      expect(await h.store.put(pieces(content))).toEqual({ digest, bytes: content.length });
      expect(await h.store.has(digest)).toBe(true);
      expect((await read(await h.store.get(digest))).equals(content)).toBe(true);
    });

    test('nothing at all is content too', async () => {
      const { digest: empty, bytes } = await h.store.put(pieces(Buffer.alloc(0)));
      expect({ empty, bytes }).toEqual({ empty: digestOfBytes(Buffer.alloc(0)), bytes: 0 });
      expect(await read(await h.store.get(empty))).toHaveLength(0);
    });

    test('twice is once, also at the same time', async () => {
      const all = await Promise.all([1, 2, 3, 4].map((n) => h.store.put(pieces(content, n * 1_000), digest)));
      await h.store.put(pieces(content));
      expect(all.map((a) => a.digest)).toEqual([digest, digest, digest, digest]);
      expect(await h.kept()).toBe(1);
      expect((await read(await h.store.get(digest))).equals(content)).toBe(true);
    });

    test('another digest than the expected one is refused and nothing is kept', async () => {
      const wrong = h.store.put(pieces(content), 'a'.repeat(64));
      await expect(wrong).rejects.toMatchObject({ name: 'ShipwayError', type: 'artifact.mismatch' });
      expect(await h.store.has(digest)).toBe(false);
      expect(await h.kept()).toBe(0);
    });

    test('a stream that breaks off leaves nothing', async () => {
      async function* broken(): AsyncIterable<Uint8Array> {
        yield* pieces(content);
        throw new Error('the line went dead');
      }
      await expect(h.store.put(broken())).rejects.toThrow('the line went dead');
      expect(await h.kept()).toBe(0);
    });

    test('what is not there is missing, by type', async () => {
      await expect(h.store.get(digest)).rejects.toMatchObject({ type: 'artifact.missing' });
      expect(await h.store.has(digest)).toBe(false);
    });

    test('a name that is no digest leads nowhere', async () => {
      await expect(h.store.get('../../etc/passwd')).rejects.toMatchObject({ type: 'artifact.missing' });
    });

    test('changed content is told while it is read, and healed by putting it again', async () => {
      await h.store.put(pieces(content));
      await h.corrupt(digest);
      const reading = h.store.get(digest).then(read);
      await expect(reading).rejects.toMatchObject({ type: 'artifact.mismatch' });
      await h.store.put(pieces(content));
      expect((await read(await h.store.get(digest))).equals(content)).toBe(true);
    });
  });
}
