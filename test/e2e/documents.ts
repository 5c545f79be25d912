import { readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { packageRoot } from '../../src/paths.js';

/** Made from the code, and tested where they are made. */
const GENERATED = ['docs/cli.md', 'docs/configuration.md', 'docs/failures.md'];

export interface Document {
  /** From the package's root. */
  readonly path: string;
  readonly text: string;
}

/** What people wrote for people to read: README, CONTRIBUTING, CHANGELOG, and all under docs/. */
export async function documents(): Promise<readonly Document[]> {
  const docs = await readdir(join(packageRoot(), 'docs'), { recursive: true });
  const paths = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs.map((name) => `docs/${name}`)]
    .filter((path) => path.endsWith('.md') && !GENERATED.includes(path))
    .toSorted();
  return Promise.all(
    paths.map(async (path) => ({ path, text: await readFile(join(packageRoot(), path), 'utf8') })),
  );
}

/** The lines of its `sh` blocks, without what `#` says of them. One that ends inside quotes stands for those it goes on in. */
export const commandsOf = ({ text }: Document): readonly string[] =>
  [...text.matchAll(/^```(?:sh|shell|bash|console)\n([^]*?)^```$/gm)].flatMap(([, block = '']) =>
    block
      .replace(/\s+#.*$/gm, '')
      .replace(/('[^'\n]*)\n[^']*'.*/g, '$1')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  );

/** Links into this repository that lead nowhere: a file that is not there, or a heading that its file does not have. */
export async function brokenLinks({ path, text }: Document): Promise<readonly string[]> {
  const links = [...text.replace(/^```[^]*?^```$/gm, '').matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, to = '']) => to,
  );
  const wrong = await Promise.all(
    links
      .filter((to) => !/^[a-z]+:/.test(to))
      .map(async (to) => ((await leadsSomewhere(path, to)) ? [] : [`${path}: ${to}`])),
  );
  return wrong.flat();
}

async function leadsSomewhere(from: string, to: string): Promise<boolean> {
  const [file = '', heading] = to.split('#');
  const target = file === '' ? from : relative('.', join(dirname(from), file));
  if (GENERATED.includes(target) && heading === undefined) return true;
  const found = await stat(join(packageRoot(), target)).catch(() => undefined);
  if (found === undefined || heading === undefined) return found !== undefined;
  return headingsOf(await readFile(join(packageRoot(), target), 'utf8')).includes(heading);
}

const headingsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
