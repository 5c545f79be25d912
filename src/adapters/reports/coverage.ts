import type { CoverageFigures } from '../../domain/evidence.js';
import { Malformed } from './malformed.js';
import { readXml, type XmlElement } from './xml.js';

/** Line coverage of a report of Cobertura's form or of lcov's, known by how it begins. Fails with `Malformed`, also when it covers no line. */
export async function readCoverage(content: Buffer): Promise<CoverageFigures> {
  const begin = content
    .subarray(0, 64)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  const figures = begin.startsWith('<') ? await cobertura(content) : lcov(content.toString('utf8'));
  if (figures.lines === 0) throw new Malformed('covers no line');
  return figures;
}

async function cobertura(content: Buffer): Promise<CoverageFigures> {
  let root: XmlElement | undefined;
  await readXml(content, { open: (element) => void (root ??= element) });
  const { name = '', attributes = {} } = root ?? {};
  const [covered, lines] = [count(attributes['lines-covered']), count(attributes['lines-valid'])];
  const figures =
    covered === undefined || lines === undefined ? ofRate(attributes['line-rate']) : { covered, lines };
  if (name !== 'coverage' || figures === undefined || figures.covered > figures.lines)
    throw new Malformed('is no Cobertura report, which has <coverage line-rate="…"> at its begin');
  return figures;
}

const count = (text = ''): number | undefined => (/^\d{1,12}$/.test(text) ? Number(text) : undefined);

/** Older writers tell no counts. */
const RATE = 1_000_000;
function ofRate(text = ''): CoverageFigures | undefined {
  const rate = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 2;
  return rate > 1 ? undefined : { covered: Math.round(rate * RATE), lines: RATE };
}

/** A record ends with `end_of_record`; LF and LH are its lines, and those of them that were run. */
function lcov(text: string): CoverageFigures {
  const [lines, covered] = [sumOf(text, 'LF'), sumOf(text, 'LH')];
  if (!/^end_of_record\s*$/m.test(text) || lines === undefined || covered === undefined || covered > lines)
    throw new Malformed('is neither a Cobertura report nor one of lcov');
  return { covered, lines };
}

function sumOf(text: string, key: string): number | undefined {
  const all = [...text.matchAll(new RegExp(`^${key}:(\\d{1,9})\\s*$`, 'gm'))];
  return all.length === 0 ? undefined : all.reduce((sum, [, n]) => sum + Number(n), 0);
}
