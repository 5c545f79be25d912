import { readFile } from 'node:fs/promises';

const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/storefront.css': ['storefront.css', 'text/css; charset=utf-8'],
  '/storefront.js': ['storefront.js', 'text/javascript; charset=utf-8'],
};

/** Reads the pages once; the result answers a path with its page, or nothing. */
export async function openPages() {
  const entries = Object.entries(FILES).map(async ([path, [file, type]]) => {
    const body = await readFile(new URL(`public/${file}`, import.meta.url));
    return [path, { status: 200, headers: { 'content-type': type, 'cache-control': 'no-cache' }, body }];
  });
  const pages = new Map(await Promise.all(entries));
  return (path) => pages.get(path);
}
