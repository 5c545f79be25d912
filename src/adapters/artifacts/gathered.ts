const SMALL_BYTES = 64 * 1024;

export interface Gathered {
  /** The whole content, when there is little. */
  readonly small?: Buffer;
  /** All of it in any case. */
  readonly all: AsyncIterable<Uint8Array>;
}

/** Reads content as far as it takes to know whether it is small. */
export async function gathered(content: AsyncIterable<Uint8Array>): Promise<Gathered> {
  const reading = content[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  for (let bytes = 0; bytes <= SMALL_BYTES;) {
    const next = await reading.next();
    if (next.done === true) {
      const small = Buffer.concat(pieces);
      return { small, all: chained([small]) };
    }
    pieces.push(next.value);
    bytes += next.value.byteLength;
  }
  return { all: chained(pieces, reading) };
}

/** Whoever stops in the middle stops what is read too. */
async function* chained(
  pieces: readonly Uint8Array[],
  reading?: AsyncIterator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  try {
    yield* pieces;
    if (reading !== undefined) yield* { [Symbol.asyncIterator]: () => reading };
  } finally {
    await reading?.return?.();
  }
}
