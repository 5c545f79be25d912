import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadedFile, tokenIn } from './nginx-config.js';
import { textOf, type ServedFile } from './served-files.js';

/** Where an nginx is, as the policy says. */
export interface NginxAt {
  /** What shipway writes and nginx includes. */
  readonly folder: string;
  /** Of 127.0.0.1, where nginx answers shipway. */
  readonly port: number;
  /** What tests its configuration with `-t` behind it, and reloads it with `-s reload`. */
  readonly command: readonly string[];
}
/** The same, and what is written there for it. */
export interface NginxPlace extends NginxAt {
  /** Whoever shows it may say where users go; absent: nothing has been written yet. */
  readonly token?: string;
  readonly code: readonly ServedFile[];
}

const CODE = ['shipway.lua', 'shipway-admin.lua'];
let code: Promise<readonly ServedFile[]> | undefined;

const read = (): Promise<readonly ServedFile[]> =>
  Promise.all(
    CODE.map(async (name) => ({
      name,
      text: await readFile(new URL(`./nginx-lua/${name}`, import.meta.url), 'utf8'),
    })),
  );

/** With the token that nginx was told, whatever the next change is to tell it. Writes nothing. Fails with `router.unavailable`. */
export async function nginxPlace(at: NginxAt): Promise<NginxPlace> {
  const token = tokenIn((await textOf(loadedFile(at.folder))) ?? '');
  return { ...at, ...(token === undefined ? {} : { token }), code: await (code ??= read()) };
}

/** With the token that a change is to tell nginx: the folder's, or a new one when it has none. Fails with `router.unavailable`. */
export async function withOwnToken(place: NginxPlace): Promise<NginxPlace> {
  const known = (await textOf(`${place.folder}/token`))?.trim() ?? '';
  return { ...place, token: TOKEN.test(known) ? known : randomBytes(32).toString('hex') };
}
const TOKEN = /^[0-9a-f]{64}$/;
