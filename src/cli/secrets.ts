import { apiClient, type ApiClient } from '../client/api.js';
import type { SecretUse, SecretWish } from '../domain/secret-use.js';
import { SECRET_PATH, unfitValue } from '../domain/secrets.js';
import type { Statement } from '../domain/statement.js';
import { UsageError } from '../errors.js';
import { digestOf } from '../hash.js';
import { configurationIfAny } from './configuration-file.js';
import { settings, state } from './context.js';
import { columns, refuseOthers, result, string, whole } from './output.js';
import { name } from './reference.js';
import { instant } from './render/text.js';
import { readSecret } from './secret-input.js';
import type { Command, Values } from './table.js';

const ACTIONS = { set, list, remove } as const;

/** `shipway secrets set|list|remove`: what a service's variables refer to. A value goes one way only, sealed before it leaves this machine. */
export const secrets: Command = async (values, [action = '', path]) => {
  await configurationIfAny(values);
  const act = Object.hasOwn(ACTIONS, action) ? ACTIONS[action as keyof typeof ACTIONS] : undefined;
  if (act === undefined)
    throw new UsageError(
      `${JSON.stringify(action)} is nothing that can be done to secrets`,
      'shipway secrets set PATH, shipway secrets list, or shipway secrets remove PATH',
    );
  return act(values, path, apiClient(await settings(values)));
};

async function set(values: Values, text: string | undefined, api: ApiClient): Promise<number> {
  refuseOthers(values, 'secrets set', ['version', 'in-use']);
  const path = pathOf(values, text);
  // First, so that nobody types a secret for nobody.
  const recipient = await api.recipient();
  const value = await readSecret(`value of ${path}: `);
  const unfit = unfitValue(value);
  if (unfit !== undefined)
    throw new UsageError(`that cannot be a secret's value: ${unfit}`, 'give another one');
  const { seal } = await import('../sealed.js');
  const sealed = await seal(recipient, { path, value });
  const version = await api.setSecret({
    path,
    sealed,
    statement: about(values, { wish: 'set_secret', path, sealed }),
  });
  result(values, { path, version }, [
    `${path} v${String(version)} is set; what refers to it gets it with its next \`shipway run\``,
  ]);
  return 0;
}

async function list(values: Values, text: string | undefined, api: ApiClient): Promise<number> {
  refuseOthers(values, 'secrets list', ['version', 'in-use', 'reason']);
  if (text !== undefined)
    throw new UsageError('list shows all of them', 'shipway secrets list, without a path');
  const environment = string(values, 'environment');
  const within = environment === undefined ? '' : `${name('environment', environment)}/`;
  const { secrets: all, uses } = await api.secrets();
  const found = all.filter(({ path }) => path.startsWith(within));
  const rows = found.flatMap(({ path, versions }) =>
    versions.map(({ version, at, by = '' }) => [
      ...[path, `v${String(version)}`, instant(at), by],
      usersOf(uses, path, version).join(', ') || '-',
    ]),
  );
  const head = ['PATH', 'VERSION', 'SET', 'BY', 'USED BY'];
  const json = found.map(({ path, versions }) => ({
    path,
    versions: versions.map((v) => ({ ...v, used_by: usersOf(uses, path, v.version) })),
  }));
  result(values, { secrets: json }, rows.length === 0 ? ['no secrets'] : columns([head, ...rows]));
  return 0;
}

const usersOf = (uses: readonly SecretUse[], path: string, version: number): readonly string[] =>
  uses.filter((use) => use.path === path && use.version === version).map(({ by }) => by);

async function remove(values: Values, text: string | undefined, api: ApiClient): Promise<number> {
  const path = pathOf(values, text);
  const version = string(values, 'version') === undefined ? undefined : whole(values, 'version', 1, 999_999);
  const asked = { path, ...(version === undefined ? {} : { version }), inUse: values['in-use'] === true };
  const statement = about(values, { wish: 'remove_secret', ...asked });
  const versions = await api.removeSecret({ ...asked, statement });
  result(values, { path, versions }, [`removed ${versions.map((v) => `${path} v${String(v)}`).join(', ')}`]);
  return 0;
}

/** The path, below `--environment` when that is given. */
function pathOf(values: Values, text: string | undefined): string {
  const environment = string(values, 'environment');
  if (text === undefined)
    throw new UsageError(
      'PATH is missing',
      'such as: shipway secrets set database/url --environment production',
    );
  const path = environment === undefined ? text : `${name('environment', environment)}/${text}`;
  if (SECRET_PATH.test(path)) return path;
  throw new UsageError(
    `${JSON.stringify(path)} is no path of a secret`,
    'lower-case letters, digits, `_`, `-` and `.` between slashes, such as production/database/url; the value is read from stdin, never from here',
  );
}

const about = (values: Values, wish: SecretWish): Statement => state(values, wish.wish, digestOf(wish));
