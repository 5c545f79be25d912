import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../config/index.js';
import { sizeText } from '../domain/size.js';
import { nameOf, type Head, type Named, type Repository } from '../domain/trigger.js';
import { ShipwayError } from '../errors.js';
import { within } from '../within.js';
import { credential } from './credential.js';

export interface Fetching {
  /** Where clones are made, and taken away again. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** A repository that is larger is not fetched to its end. */
  readonly mostBytes: number;
}
const MOST_MS = 10 * 60_000;
const LOOK_MS = 500;

/** What `body` does with a bare clone that has the branches and tags of a repository, which is gone afterwards. */
export async function withClone<T>(
  fetching: Fetching,
  repository: Repository,
  signal: AbortSignal,
  body: (clone: string) => Promise<T>,
): Promise<T> {
  await mkdir(fetching.folder, { recursive: true, mode: 0o700 });
  const clone = await mkdtemp(join(fetching.folder, 'clone-'));
  try {
    await git(clone, ['init', '--quiet', '--bare', '--template=', clone]);
    const refs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
    const args = ['fetch', '--quiet', '--no-recurse-submodules', '--no-write-fetch-head', '--no-auto-gc'];
    await bounded(fetching, clone, signal, (ending) =>
      asking(fetching, repository, clone, [...args, '--', repository.url, ...refs], ending),
    );
    return await body(clone);
  } finally {
    await rm(clone, { recursive: true, force: true });
  }
}

/** What a branch or a tag is at; of an annotated tag, which is an object of its own, git lists the commit beside it. */
export async function headOf(
  fetching: Fetching,
  repository: Repository,
  named: Named,
  signal: AbortSignal,
): Promise<Head> {
  await mkdir(fetching.folder, { recursive: true, mode: 0o700 });
  const ref = `refs/${'tag' in named ? 'tags' : 'heads'}/${nameOf(named)}`;
  const refs = 'tag' in named ? [ref, `${ref}^{}`] : [ref];
  const args = ['ls-remote', '--quiet', '--', repository.url, ...refs];
  const listed = await within(MOST_MS, signal, (ending) =>
    asking(fetching, repository, fetching.folder, args, ending),
  );
  const lines = listed.split('\n').map((line) => line.split('\t'));
  const at = (name: string): string | undefined => lines.find(([, its]) => its === name)?.[0];
  const object = at(ref);
  if (object !== undefined) return { object, commit: at(`${ref}^{}`) ?? object };
  throw new ShipwayError(
    'repository.refused',
    `${repository.url} has no ${'tag' in named ? 'tag' : 'branch'} ${nameOf(named)}`,
  );
}

/** Git over the one protocol of the address: it runs nothing of the repository, asks nobody, follows nothing elsewhere. */
async function asking(
  { env }: Fetching,
  { url, credential: ref }: Repository,
  cwd: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const settings: Record<string, string> = {
    'core.hooksPath': '/dev/null',
    'credential.helper': '',
    'http.followRedirects': 'false',
    // However little it is, it comes as one file that can be measured.
    'fetch.unpackLimit': '1',
  };
  if (ref !== undefined) settings[`http.${url}.extraHeader`] = basic(await credential(ref, env));
  const pairs = Object.entries(settings).flatMap(([key, value], i): [string, string][] => [
    [`GIT_CONFIG_KEY_${String(i)}`, key],
    [`GIT_CONFIG_VALUE_${String(i)}`, value],
  ]);
  try {
    return await git(
      cwd,
      args,
      {
        ...Object.fromEntries(pairs),
        GIT_CONFIG_COUNT: String(pairs.length / 2),
        GIT_ALLOW_PROTOCOL: /^(https|ssh):/.exec(url)?.[1] ?? (url.startsWith('/') ? 'file' : 'ssh'),
        GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o ConnectTimeout=15',
        GIT_ASKPASS: '',
        SSH_ASKPASS: '',
        GIT_HTTP_LOW_SPEED_LIMIT: '1000',
        GIT_HTTP_LOW_SPEED_TIME: '30',
      },
      signal,
    );
  } catch (error) {
    throw unfetched(url, error, signal);
  }
}

/** In a variable of git's alone: neither in a process list nor in a file. */
const basic = (said: string): string =>
  `Authorization: Basic ${Buffer.from(said.includes(':') ? said : `x-access-token:${said}`).toString('base64')}`;

const MOST_SAID = 500;
function unfetched(url: string, error: unknown, signal: AbortSignal): Error {
  if (signal.aborted && signal.reason instanceof ShipwayError) return signal.reason;
  if (signal.aborted && (signal.reason as Error | undefined)?.name !== 'TimeoutError') return error as Error;
  const { stderr } = error as { readonly stderr?: Buffer };
  const said = signal.aborted
    ? `it took longer than ${String(MOST_MS / 60_000)} minutes`
    : String(stderr ?? error);
  return new ShipwayError(
    'repository.unavailable',
    `${url} cannot be fetched: ${said.trim().slice(0, MOST_SAID)}`,
    { cause: error },
  );
}

/** Ends what grows too large, which git itself cannot be told. */
async function bounded(
  { mostBytes }: Fetching,
  clone: string,
  signal: AbortSignal,
  fetch: (ending: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const growing = new AbortController();
  const look = async (): Promise<void> => {
    if ((await bytesIn(join(clone, 'objects/pack'))) > mostBytes) growing.abort(tooLarge(mostBytes));
  };
  const looking = setInterval(() => void look(), LOOK_MS);
  try {
    await within(MOST_MS, AbortSignal.any([signal, growing.signal]), fetch);
    await look();
    growing.signal.throwIfAborted();
  } finally {
    clearInterval(looking);
  }
}

const tooLarge = (most: number): ShipwayError =>
  new ShipwayError('repository.refused', `a repository may have ${sizeText(most)} (SHIPWAY_ARTIFACT_LIMIT)`);

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
