import { open } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';

const WINDOW = 1024 ** 2;
/** Longer than anything that is looked for: what lies across the end of a window lies whole in the next one. */
const OVERLAP = 32 * 1024;
const SNIFF = 8_000;

export interface TextWindow {
  readonly text: string;
  /** Lines before it; 0 where lines are not counted, in binary and UTF-16 files. */
  readonly line: number;
  /** So many characters at its begin were in the window before. */
  readonly known: number;
}

/** A file as text, a window at a time, however large it is. Of a binary one the readable parts, each a line. */
export async function* windowsOf(path: string): AsyncIterable<TextWindow> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(WINDOW);
    let [kept, line] = [0, 0];
    let decode: Decode | undefined;
    for (;;) {
      const { bytesRead } = await file.read(buffer, kept, WINDOW - kept, null);
      const content = buffer.subarray(0, kept + bytesRead);
      if (bytesRead === 0) return;
      decode ??= decoderOf(content);
      yield { text: decode.text(content), line, known: decode.text(content.subarray(0, kept)).length };
      // A window is long work for one who looks closely: others want the processor too.
      await breathe();
      const next = Math.max(content.length - OVERLAP, 0);
      const passed = content.subarray(0, next - (next % 2));
      if (decode.lines) line += lineBreaks(passed);
      kept = content.copy(buffer, 0, passed.length);
    }
  } finally {
    await file.close();
  }
}

interface Decode {
  readonly text: (content: Uint8Array) => string;
  readonly lines: boolean;
}

function decoderOf(content: Buffer): Decode {
  const mark = content.length < 2 ? 0 : content.readUInt16BE(0);
  if (mark === 0xfffe) return decoder('utf-16le');
  if (mark === 0xfeff) return decoder('utf-16be');
  if (!content.subarray(0, SNIFF).includes(0)) return { ...decoder('utf-8'), lines: true };
  return {
    text: (bytes) =>
      Buffer.from(bytes)
        .toString('latin1')
        .replaceAll(/[^\t\n\r -~]+/g, '\n'),
    lines: false,
  };
}

const decoder = (encoding: string): Decode => {
  const of = new TextDecoder(encoding);
  return { text: (content) => of.decode(content), lines: false };
};

const BREAK = 0x0a;
const lineBreaks = (content: Uint8Array): number =>
  content.reduce((n, byte) => (byte === BREAK ? n + 1 : n), 0);
