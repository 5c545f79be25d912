import { setImmediate as turn } from 'node:timers/promises';
import type { SAXParser } from 'sax';
import { Malformed } from './malformed.js';

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}
export interface XmlReader {
  /** `parents`: the names from the root on. */
  readonly open: (element: XmlElement, parents: readonly string[]) => void;
}

/** No report nests as deep; what does is made to use up memory. */
const DEEPEST = 200;
/** Others have their turn between. */
const PIECE = 256 * 1024;

/**
 * Tells the elements of a well-formed document, in order. Nothing is fetched, and a document type declares nothing: an entity that XML does
 * not know by itself is an error. Fails with `Malformed`.
 */
export async function readXml(content: Buffer, { open }: XmlReader): Promise<void> {
  const text = decoded(content);
  const parser = await parserOf();
  const names: string[] = [];
  parser.onerror = (error) => {
    throw new Malformed(`is no XML: ${error.message.split('\n')[0] ?? ''} (line ${String(parser.line + 1)})`);
  };
  parser.onopentag = ({ name, attributes }) => {
    if (names.length >= DEEPEST) throw new Malformed(`nests deeper than ${String(DEEPEST)} elements`);
    open({ name, attributes: attributes as Readonly<Record<string, string>> }, names);
    names.push(name);
  };
  parser.onclosetag = () => void names.pop();
  for (let at = 0; at < text.length; at += PIECE) {
    parser.write(text.slice(at, at + PIECE));
    if (at + PIECE < text.length) await turn();
  }
  parser.close();
}

/** Loaded when it is first needed. The longest text it takes in one piece is a file's: whole stack traces are put into attributes. */
async function parserOf(): Promise<SAXParser> {
  const { default: sax } = await import('sax');
  (sax as { MAX_BUFFER_LENGTH?: number }).MAX_BUFFER_LENGTH = Infinity;
  return sax.parser(true, {});
}

function decoded(content: Buffer): string {
  const head = content.subarray(0, 200).toString('latin1');
  const label = /^[^<]{0,3}<\?xml[^>]*\bencoding=["']([\w.:-]{1,40})["']/.exec(head)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(label, { fatal: true }).decode(content);
  } catch {
    throw new Malformed(`is no text in ${label}`);
  }
}
