import type { ArtifactStore } from '../../src/domain/ports.js';
import { ShipwayError } from '../../src/errors.js';
import { sha256 } from '../../src/hash.js';

export interface MemoryArtifacts extends ArtifactStore {
  /** Gives its digest. */
  readonly keep: (text: string) => string;
}

/** Texts by their digest, and nothing else of an artifact store. */
export function memoryArtifacts(): MemoryArtifacts {
  const kept = new Map<string, string>();
  return {
    keep: (text) => {
      kept.set(sha256(text), text);
      return sha256(text);
    },
    async put(content) {
      let text = '';
      for await (const chunk of content) text += Buffer.from(chunk).toString();
      kept.set(sha256(text), text);
      return { digest: sha256(text), bytes: text.length };
    },
    has: (digest) => Promise.resolve(kept.has(digest)),
    async *list(after = '') {
      for (const [digest, text] of await Promise.resolve([...kept].sort()))
        if (digest > after) yield { digest, bytes: text.length, at: 0 };
    },
    remove: (digest) => Promise.resolve(kept.delete(digest)),
    get: (digest) => {
      const text = kept.get(digest);
      if (text === undefined) return Promise.reject(new ShipwayError('artifact.missing', `no ${digest}`));
      // In pieces, as files come.
      return Promise.resolve(
        (async function* () {
          for (let at = 0; at < text.length; at += 50)
            yield await Promise.resolve(Buffer.from(text.slice(at, at + 50)));
        })(),
      );
    },
  };
}
