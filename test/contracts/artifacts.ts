import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ArtifactStore } from '../../src/domain/ports.js';

export interface ArtifactHarness {
  readonly store: ArtifactStore;
  /** How many contents, whole or in parts, the store keeps. */
  kept(): Promise<number>;
  /** Changes one byte of what is stored, behind the store's back. */
  corrupt(digest: string): Promise<void>;
  /** Makes what is stored look as if it was put so many ms ago. */
  age(digest: string, ms: number): Promise<void>;
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

    const all = async (after?: string) => {
      const found: string[] = [];
      for await (const one of h.store.list(after)) found.push(one.digest);
      return found;
    };
    const hourAgo = () => Date.now() - 3_600_000;

    test('what there is is listed by digest, with its size, from any digest on', async () => {
      expect(await all()).toEqual([]);
      const many = Array.from({ length: 40 }, (_, i) => Buffer.from(`content ${String(i)}`));
      for (const one of many) await h.store.put(pieces(one));
      const digests = many.map(digestOfBytes).sort();
      expect(await all()).toEqual(digests);
      expect(await all(digests[17])).toEqual(digests.slice(18));
      for await (const { bytes, at } of h.store.list()) {
        expect(bytes).toBeGreaterThan(8);
        expect(Math.abs(Date.now() - at)).toBeLessThan(60_000);
      }
    });

    test('what is old is removed, once', async () => {
      await h.store.put(pieces(content));
      expect(await h.store.remove(digest, hourAgo())).toBe(false);
      await h.age(digest, 7_200_000);
      const both = await Promise.all([1, 2].map(() => h.store.remove(digest, hourAgo())));
      expect(both.toSorted()).toEqual([false, true]);
      expect(await h.kept()).toBe(0);
      expect(await h.store.has(digest)).toBe(false);
      expect(await h.store.remove(digest, hourAgo())).toBe(false);
    });

    test.each<[string, (content: Buffer) => Promise<unknown>]>([
      ['asked for', (one) => h.store.has(digestOfBytes(one))],
      ['put again', (one) => h.store.put(pieces(one))],
    ])('what was %s since stays, large or small', async (_, use) => {
      for (const one of [content, Buffer.from('small')]) {
        await h.store.put(pieces(one));
        await h.age(digestOfBytes(one), 7_200_000);
        await use(one);
        expect(await h.store.remove(digestOfBytes(one), hourAgo())).toBe(false);
        expect((await read(await h.store.get(digestOfBytes(one)))).equals(one)).toBe(true);
      }
    });

    test('whoever asks while it is removed is told the truth', async () => {
      for (let i = 0; i < 30; i++) {
        await h.store.put(pieces(content));
        await h.age(digest, 7_200_000);
        const [gone, there] = await Promise.all([h.store.remove(digest, hourAgo()), h.store.has(digest)]);
        if (there) expect((await read(await h.store.get(digest))).equals(content)).toBe(true);
        expect(gone).toBe(!there);
      }
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
