import { readFile } from 'node:fs/promises';

/**
 * Which commit this is, as `npm run build` stamped it beside this file, and under which name it runs: the same files may be shipped
 * under several. Straight from the sources it is package.json's version, not built.
 */
export async function readVersion() {
  const { version, commit } = await stamped();
  return { version: process.env.SHIPWAY_VERSION ?? version, commit };
}

async function stamped() {
  try {
    return JSON.parse(await readFile(new URL('version.json', import.meta.url), 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
    return { version, commit: 'not built' };
  }
}
