import { bundleOf, type CodeBundle } from './code-bundle.js';
import type { ParsedDocument } from './document.js';
import { MOST_MEMORY_MIB, MOST_MS, evaluate, type Evaluation } from './evaluate.js';
import type { Files } from './files.js';
import type { Said } from './issue-words.js';
import { Places, type Spot } from './places.js';
import { whole } from './read-text.js';
import { shown } from './shown.js';
import { durationText } from '../domain/duration.js';

/**
 * What a configuration that is code comes to: the same document that YAML of the same content is, of which every part stands where
 * `defineService` was called. It runs in a process of its own, never in this one. What it printed is in `printed`.
 */
export async function evaluatedDocument(
  file: string,
  files: Files,
  mostMs = MOST_MS,
): Promise<ParsedDocument> {
  const bundle = await bundleOf(file, files);
  if (!('text' in bundle)) return { problems: bundle };
  const { end, printed } = await evaluate(bundle.text, mostMs);
  return {
    ...documentOf(file, bundle, end, mostMs),
    ...(printed.trim() === '' ? {} : { printed: printed.trimEnd() }),
  };
}

function documentOf(
  file: string,
  { placeOf }: CodeBundle,
  end: Evaluation['end'],
  mostMs: number,
): ParsedDocument {
  if (end.is === 'service') {
    const place = placeOf(end.stack) ?? whole(file, '', '');
    const { value } = end;
    return { document: { value, places: placed(value, place), unread: [], file: place.file }, problems: [] };
  }
  const [message, suggestion] = saidOf(end, mostMs);
  const at = 'stack' in end ? placeOf(end.stack) : undefined;
  const path = end.is === 'not plain' ? end.why.path : '';
  return { problems: [{ ...whole(file, message, suggestion), ...at, path }] };
}

type Failed = Exclude<Evaluation['end'], { readonly is: 'service' }>;

/** What is wrong, and what to try. */
function saidOf(end: Failed, mostMs: number): Said {
  switch (end.is) {
    case 'not plain':
      return [end.why.message, end.why.suggestion];
    case 'thrown':
      return end.code === 'ERR_ACCESS_DENIED'
        ? ['it may read no file and start no program', 'importing code or JSON of the repository']
        : [`it throws ${shown(end.what, 300)}`, 'correcting what fails there'];
    case 'no default':
      return ['it has no default export', DEFINE];
    case 'not defined':
      return ['its default export is not what defineService gives', DEFINE];
    case 'late':
      return [`it is not done after ${durationText(mostMs)}`, 'taking out what loops or waits'];
    case 'too much memory':
      return [`it takes more than ${String(MOST_MEMORY_MIB)} MiB of memory`, 'a smaller one'];
    case 'too large':
      return ['it comes to more than 1 MiB', 'a configuration of only what is needed'];
    case 'silent':
      return [
        'it ends without having given a service',
        'taking out a promise that nobody keeps, or what ends the process',
      ];
  }
}

const DEFINE = 'export default defineService({ … }), with defineService from shipway';

/** Every part of the value, all at one place: code says what comes out of it, not where each part of that is from. */
function placed(value: unknown, at: Spot): Places {
  const places = new Places(() => at);
  const note = (of: unknown, path: readonly PropertyKey[]): void => {
    places.set(path, { value: 0 });
    if (typeof of !== 'object' || of === null) return;
    for (const [key, inner] of Object.entries(of))
      note(inner, [...path, Array.isArray(of) ? Number(key) : key]);
  };
  note(value, []);
  return places;
}
