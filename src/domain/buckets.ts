/** Users fall into this many buckets; one bucket is one basis point of the traffic. */
export const BUCKETS = 10_000;

/**
 * The bucket in 0…9999 of the user with `key` in the split with `salt`: XXH32 (seed 0, as specified at
 * https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md) over the UTF-8 bytes of `salt:key`, modulo 10000.
 * XXH32 because HAProxy has it built in (`xxh32`), so that another router of the same target can compute the same bucket.
 * A key is taken as its bytes, whatever they are; of a text those of its UTF-8.
 */
export function bucketOf(salt: string, key: string | Uint8Array): number {
  const [before, of] = [utf8(`${salt}:`), typeof key === 'string' ? utf8(key) : key];
  const bytes = new Uint8Array(before.length + of.length);
  bytes.set(before);
  bytes.set(of, before.length);
  return xxh32(bytes) % BUCKETS;
}

/**
 * The slot that serves `bucket`. Slots take the buckets from 0 on, in this order: the candidate, then the others by name.
 * The candidate thus has [0, its share), and while its share grows nobody who has it loses it.
 * `undefined`: the shares do not reach so far.
 */
export function slotOfBucket<S extends string>(
  shares: ReadonlyMap<S, number>,
  candidate: S,
  bucket: number,
): S | undefined {
  const others = [...shares.keys()].filter((slot) => slot !== candidate).sort();
  let end = 0;
  for (const slot of [candidate, ...others]) {
    end += shares.get(slot) ?? 0;
    if (bucket < end) return slot;
  }
  return undefined;
}

const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0xc2b2ae3d;
const P4 = 0x27d4eb2f;
const P5 = 0x165667b1;
const STRIPE = 16;

const rotl = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
const round = (acc: number, lane: number): number => Math.imul(rotl((acc + Math.imul(lane, P2)) | 0, 13), P1);

/** XXH32 with seed 0, unsigned. */
function xxh32(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let h = P5;
  if (bytes.length >= STRIPE) {
    const acc: [number, number, number, number] = [(P1 + P2) | 0, P2, 0, -P1 | 0];
    for (; at + STRIPE <= bytes.length; at += STRIPE) {
      acc[0] = round(acc[0], view.getUint32(at, true));
      acc[1] = round(acc[1], view.getUint32(at + 4, true));
      acc[2] = round(acc[2], view.getUint32(at + 8, true));
      acc[3] = round(acc[3], view.getUint32(at + 12, true));
    }
    h = rotl(acc[0], 1) + rotl(acc[1], 7) + rotl(acc[2], 12) + rotl(acc[3], 18);
  }
  h = (h + bytes.length) | 0;
  for (; at + 4 <= bytes.length; at += 4) {
    h = Math.imul(rotl((h + Math.imul(view.getUint32(at, true), P3)) | 0, 17), P4);
  }
  for (; at < bytes.length; at++) {
    h = Math.imul(rotl((h + Math.imul(view.getUint8(at), P5)) | 0, 11), P1);
  }
  return avalanche(h);
}

function avalanche(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 15), P2);
  h = Math.imul(h ^ (h >>> 13), P3);
  return (h ^ (h >>> 16)) >>> 0;
}

/** By hand, because the workflow sandbox promises nothing beyond ECMAScript. A lone surrogate becomes U+FFFD. */
function utf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0;
    const c = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
    if (c < 0x80) bytes.push(c);
    else if (c < 0x800) bytes.push(0xc0 | (c >> 6), 0x80 | (c & 63));
    else if (c < 0x10000) bytes.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    else bytes.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
  }
  return Uint8Array.from(bytes);
}
