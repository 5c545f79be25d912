import { apiClient } from '../client/api.js';
import { QUEUES } from '../domain/ids.js';
import { SEARCH_ATTRIBUTES } from '../domain/messages.js';
import { settings, withClient } from './context.js';
import { failureOf } from './failure.js';
import { result } from './output.js';
import type { Command } from './table.js';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}
const NODE = [20, 19] as const;
const MOST_SKEW_MS = 30_000;

/** `shipway doctor`: everything is looked at, also when something before it is wrong. Exit code 1 when anything is. */
export const doctor: Command = async (values) => {
  const checks = [
    nodeVersion(),
    ...(await group('api', apiChecks)),
    ...(await group('temporal', temporalChecks)),
  ];
  const lines = checks.map((c) => `${c.ok ? 'ok  ' : 'FAIL'}  ${c.name.padEnd(26)}${c.detail}`);
  const ok = checks.every((c) => c.ok);
  result(values, { ok, checks }, lines);
  return ok ? 0 : 1;
};

async function group(name: string, body: () => Promise<readonly Check[]>): Promise<readonly Check[]> {
  try {
    return await body();
  } catch (error) {
    const { message, next } = failureOf(error);
    return [{ name, ok: false, detail: `${message}; next: ${next}` }];
  }
}

function nodeVersion(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > NODE[0] || (major === NODE[0] && minor >= NODE[1]);
  return {
    name: 'node',
    ok,
    detail: `${process.versions.node}${ok ? '' : `; next: install ${NODE.join('.')} or newer`}`,
  };
}

async function apiChecks(): Promise<readonly Check[]> {
  const api = apiClient(await settings());
  const health = await api.health();
  const skew = Math.abs(Date.now() - Date.parse(health.timestamp));
  const { hash } = await api.policy();
  return [
    ...Object.entries(health.checks).map(([name, c]) => ({
      name: `worker: ${name}`,
      ok: c.status === 'healthy' || c.status === 'ok',
      detail: c.detail,
    })),
    {
      name: 'clock',
      ok: skew < MOST_SKEW_MS,
      detail: `${String(skew)} ms from the worker’s${skew < MOST_SKEW_MS ? '' : '; next: set the clocks'}`,
    },
    { name: 'policy', ok: true, detail: hash.slice(0, 12) },
  ];
}

const temporalChecks = (): Promise<readonly Check[]> =>
  withClient(async (client, { namespace }) => {
    const { customAttributes } = await client.temporal.connection.operatorService.listSearchAttributes({
      namespace,
    });
    const missing = Object.keys(SEARCH_ATTRIBUTES).filter((name) => !Object.hasOwn(customAttributes, name));
    const queues = await Promise.all(
      Object.values(QUEUES).map(async (queue) => {
        const { count, lastSeen } = await client.pollers(queue);
        const since = lastSeen === undefined ? 'nobody ever polled' : `nobody polls since ${lastSeen}`;
        return {
          name: `queue ${queue}`,
          ok: count > 0,
          detail: count > 0 ? `${String(count)} polling` : `${since}; next: start \`shipway worker\``,
        };
      }),
    );
    return [
      { name: 'temporal', ok: true, detail: `namespace ${namespace}` },
      {
        name: 'search attributes',
        ok: missing.length === 0,
        detail:
          missing.length === 0
            ? 'registered'
            : `${missing.join(', ')} missing; next: start a worker, which registers them`,
      },
      ...queues,
    ];
  });
