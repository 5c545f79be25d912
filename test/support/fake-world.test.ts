import { randomUUID } from 'node:crypto';
import { providerContract, type ProviderHarness } from '../contracts/provider.js';
import { routerContract } from '../contracts/router.js';
import { fakeWorld } from './fake-world.js';
import { deploymentPlan, requestFor } from './plans.js';

function fakeHarness(): Promise<ProviderHarness> {
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

providerContract('fake', fakeHarness);
routerContract('fake', () => {
  const { router, close } = fakeWorld();
  return Promise.resolve({ router, end: () => Promise.resolve(close()) });
});
