import { dirname, join } from 'node:path';
import { apiClient, type ApiClient, type Health } from '../../client/api.js';
import { isTaken } from '../../folders.js';
import { configurationIfAny } from '../configuration-file.js';
import { settings } from '../context.js';
import { attempt, bad, short, well, type Check } from './check.js';
import type { Values } from '../table.js';

const SKEW_SHORT_MS = 2_000;
/** A statement from further in the future is refused. */
const SKEW_FAIL_MS = 5 * 60_000;
const SHORT_HASH = 12;

/** The worker's API: what the worker sees of its world, its clock, and its policy. */
export const checkApi = (values: Values): Promise<readonly Check[]> =>
  attempt('api', async () => {
    const { apiUrl, ...rest } = await settings(values);
    const api = apiClient({ apiUrl, ...rest });
    const health = await api.health();
    return [
      well('api', `${apiUrl}, shipway ${health.version}`),
      ...Object.entries(health.checks).map(checkOf),
      clock(health),
      ...(await attempt('policy', () => policy(api, values))),
    ];
  });

const checkOf = ([name, { status, detail }]: [string, Health['checks'][string]]): Check =>
  status === 'ok' ? well(`worker: ${name}`, detail) : bad(`worker: ${name}`, detail, 'see the worker’s log');

function clock({ timestamp }: Health): Check {
  const skew = Math.abs(Date.now() - Date.parse(timestamp));
  const detail = `${String(Math.round(skew / 100) / 10)} s from the worker’s`;
  const next = 'set the clocks: a statement has a time, and one from the future does not count';
  if (!(skew < SKEW_FAIL_MS)) return bad('clock', detail, next);
  return skew < SKEW_SHORT_MS ? well('clock', detail) : short('clock', detail, next);
}

/** The policy that rules, against the file beside the configuration, which somebody may believe to rule. */
async function policy(api: ApiClient, values: Values): Promise<readonly Check[]> {
  const { hash } = await api.policy();
  const rules = `${hash.slice(0, SHORT_HASH)} rules`;
  const configuration = await configurationIfAny(values);
  const file = configuration === undefined ? undefined : join(dirname(configuration), 'shipway.policy.yaml');
  if (file === undefined || !(await isTaken(file))) return [well('policy', rules)];
  const [{ loadPolicy }, { digestOf }] = await Promise.all([
    import('../../config/index.js'),
    import('../../hash.js'),
  ]);
  const loaded = await loadPolicy(file);
  if (!loaded.ok)
    return [short('policy', `${rules}; ${file} has errors`, 'correct it: `shipway validate` lists them')];
  return [
    digestOf(loaded.value) === hash
      ? well('policy', `${rules}, as in ${file}`)
      : short(
          'policy',
          `${rules}; ${file} is another one`,
          'start the workers again with it if it is to rule',
        ),
  ];
}
