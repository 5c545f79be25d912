import type { Extensions } from '../domain/adapters.js';
import { CAPABILITIES } from '../domain/capabilities.js';
import { NAME } from '../domain/ids.js';
import type { MetricSource, Provider, Router } from '../domain/ports.js';
import { UsageError } from '../errors.js';

/** By type complete: an adapter of an earlier version is refused at the start, not when its new method is first called. */
const METHODS = {
  provider: methods<Omit<Provider, 'usage'>>({ observe: 0, ensure: 0, health: 0, sweep: 0, remove: 0 }),
  router: methods<Router>({ observe: 0, open: 0, admit: 0, split: 0, drain: 0, withdraw: 0, close: 0 }),
  metrics: methods<Omit<MetricSource, 'query' | 'resolution'>>({ sample: 0 }),
};
function methods<Port>(all: Readonly<Record<keyof Port, 0>>): readonly string[] {
  return Object.keys(all);
}
const PORTS = ['providers', 'routers', 'metrics', 'stages', 'strategies'];

/** Adapters that a user gives to a worker, looked at when it starts and not when one is first asked. Fails with `UsageError`. */
export function checkedExtensions(given: Extensions): Extensions {
  const other = Object.keys(given).find((port) => !PORTS.includes(port));
  if (other !== undefined)
    throw new UsageError(`extensions has no ${JSON.stringify(other)}`, `use ${PORTS.join(', ')}`);
  for (const [name, { provider, carries }] of Object.entries(given.providers ?? {})) {
    check('provider', name, provider);
    checkCarried('provider', name, carries);
    if (carries.includes('usage') && !has(provider, 'usage'))
      throw new UsageError(
        `provider ${name} carries usage and has no method usage`,
        'give it one, or leave it out of carries',
      );
  }
  for (const [name, { router, carries }] of Object.entries(given.routers ?? {})) {
    check('router', name, router);
    checkCarried('router', name, carries);
  }
  for (const [name, source] of Object.entries(given.metrics ?? {})) check('metrics', name, source);
  for (const [name, kind] of Object.entries(given.stages ?? {})) checkFunction('stage kind', name, kind);
  for (const [name, own] of Object.entries(given.strategies ?? {})) checkFunction('strategy', name, own);
  return given;
}

function check(port: keyof typeof METHODS, name: string, adapter: unknown): void {
  checkName(name, 'an adapter');
  const lacks = METHODS[port].find((method) => !has(adapter, method));
  if (lacks !== undefined)
    throw new UsageError(`${port} ${name} has no method ${lacks}`, `give it ${METHODS[port].join(', ')}`);
}

const has = (adapter: unknown, method: string): boolean => typeof (adapter as never)?.[method] === 'function';

function checkCarried(port: keyof typeof CAPABILITIES, name: string, carries: unknown): void {
  const known: readonly unknown[] = CAPABILITIES[port];
  if (!Array.isArray(carries) || !carries.every((can) => known.includes(can)))
    throw new UsageError(
      `carries of ${port} ${name} is no list of what it can do`,
      `use ${known.join(', ')}`,
    );
}

function checkFunction(what: string, name: string, given: unknown): void {
  checkName(name, `a ${what}`);
  if (typeof given !== 'function')
    throw new UsageError(`${what} ${name} is no function`, 'give it the function itself');
}

function checkName(name: string, what: string): void {
  if (NAME.test(name)) return;
  throw new UsageError(
    `${JSON.stringify(name)} is no name of ${what}`,
    'use lower-case letters, digits and dashes, beginning with a letter',
  );
}
