import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../src/paths.js';

const ADR = join(packageRoot(), 'docs/adr');
const read = (name: string): string => readFileSync(join(ADR, name), 'utf8');
const files = readdirSync(ADR)
  .filter((name) => name !== 'README.md')
  .sort();

test('the index names every decision by its number and title, in their order, and no other', () => {
  const named = [...read('README.md').matchAll(/^- \[(.+)\]\((.+)\): \S.*\.$/gm)].map(([, title, file]) => [
    file,
    title,
  ]);
  expect(named).toEqual(files.map((file) => [file, /^# (.+)$/m.exec(read(file))?.[1]]));
  for (const [file = '', title = ''] of named) expect(Number(file.slice(0, 4))).toBe(parseInt(title, 10));
});

test('the index says which numbers there are not', () => {
  const numbers = files.map((name) => Number(name.slice(0, 4)));
  expect(new Set(numbers).size).toBe(numbers.length);
  const gaps = Array.from({ length: Math.max(...numbers) }, (_, i) => i + 1).filter(
    (n) => !numbers.includes(n),
  );
  expect(/those that are not here \((.+)\)/.exec(read('README.md'))?.[1]).toBe(gaps.join(', '));
});
