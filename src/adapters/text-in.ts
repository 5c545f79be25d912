/** All of a body. Fails when it has more than `largest` bytes, which is when reading it ends. */
export async function textIn(body: AsyncIterable<Buffer>, largest: number): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body) {
    pieces.push(piece);
    size += piece.length;
    if (size > largest) throw new Error('the answer is too large');
  }
  return Buffer.concat(pieces).toString('utf8');
}
