import { join } from 'node:path';
import { packageRoot } from '../../src/paths.js';

/** The file of a golden text; `npx vitest run test/cli -u` writes what is said now. */
export const golden = (name: string): string => join(packageRoot(), 'test/golden', `${name}.txt`);

/** A text without what differs from one machine or time to the next; columns keep their widths. */
export const masked = (text: string): string =>
  text
    .replace(/(?<=\b|%2F)([a-z]+\d*)-[a-z2-9]{6}\b/g, '$1-xxxxxx')
    .replace(/\b[0-9a-f]{64}\b/g, (hash) => 'f'.repeat(hash.length))
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{12}\b/g, 'ffffffffffff')
    .replace(/for \d+ min more/g, 'for 60 min more')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g, '2026-01-05T09:00:00')
    .replace(/\b\d\d:\d\d:\d\dZ/g, '09:00:00Z')
    .replace(/(http:\/\/127\.0\.0\.1):\d+/g, '$1:7233')
    .replace(/ +\d+ (?:s|min)(?= {2}|$)/gm, (text) => '1 s'.padStart(text.length));
