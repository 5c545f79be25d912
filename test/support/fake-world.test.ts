import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Router } from '../../src/domain/ports.js';
import { never } from '../../src/testing/world.js';
import {
  perInstanceProviderChecks,
  providerChecks,
  type ProviderHarness,
} from '../../src/testing/provider.js';
import { perInstanceRouterChecks, routerChecks } from '../../src/testing/router.js';
import { contract, type Ending } from '../contracts/contract.js';
import { fakeWorld } from './fake-world.js';
import { deploymentPlan, requestFor } from './plans.js';

function fakeHarness(): Promise<ProviderHarness & Ending> {
  const world = fakeWorld();
  const { configuration } = deploymentPlan();
  return Promise.resolve({
    ...{ provider: world.provider, other: world.provider },
    release: (version) => Promise.resolve(requestFor('shop', 'staging', version, randomUUID()).release),
    configuration: (change) => ({ ...configuration, ...change }),
    kill: (id) => Promise.resolve(world.kill(id)),
    started: () => Promise.resolve(world.started),
    alive: () => Promise.resolve(world.alive()),
    end: () => Promise.resolve(world.close()),
  });
}

contract('fake: provider', [...providerChecks, ...perInstanceProviderChecks], fakeHarness);
contract('fake: router', [...routerChecks, ...perInstanceRouterChecks], () => {
  const { router, close } = fakeWorld();
  return Promise.resolve({ router, end: () => Promise.resolve(close()) });
});

test.each<[string, (router: Router) => Partial<Router>, string]>([
  ['shares nothing out', () => ({ split: () => Promise.resolve() }), 'split: sets all shares at once'],
  [
    'heeds no abort',
    (router) => ({ withdraw: (target, slot) => router.withdraw(target, slot, never) }),
    'an abort is heeded',
  ],
])('a router that %s is found', async (_, broken, check) => {
  const { router, close } = fakeWorld();
  const of = routerChecks.find(({ name }) => name.startsWith(check));
  await expect(of?.run({ router: { ...router, ...broken(router) } })).rejects.toThrow();
  close();
});
