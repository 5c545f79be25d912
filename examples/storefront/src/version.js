import { readFile } from 'node:fs/promises';

/** What `npm run build` stamped beside this file; straight from the sources it is package.json's version, not built. */
export async function readVersion() {
  try {
    return JSON.parse(await readFile(new URL('version.json', import.meta.url), 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
    return { version, commit: 'not built' };
  }
}
