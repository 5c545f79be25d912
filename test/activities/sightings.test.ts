import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { seenByHost } from '../../activities/sightings.js';
import { ShipwayError } from '../../src/errors.js';
import { activityOf } from '../support/activity.js';
import { fakeWorld } from '../support/fake-world.js';
import { memoryArtifacts } from '../support/memory-artifacts.js';

test('all that a host sees is looked at at once: a router that hangs takes no time from the others', async () => {
  const world = fakeWorld();
  let others = 0;
  let looked = (): void => undefined;
  const all = new Promise<void>((resolve) => (looked = resolve));
  const look = <T>(answer: T): Promise<T> => {
    if (++others === 3) looked();
    return Promise.resolve(answer);
  };
  const deps = {
    artifacts: { ...memoryArtifacts(), get: () => look(Readable.from('canary')) },
    router: {
      ...world.router,
      observe: async () => {
        await all;
        throw new ShipwayError('router.unavailable', 'nginx does not answer');
      },
    },
    flagsServed: () => look('answers'),
    elsewhere: () => look({ prometheus: 'answers' }),
  };
  expect(await activityOf('housekeeping').run(seenByHost(deps), { digest: 'a' })).toMatchObject({
    ...{ artifact: 'seen', router: 'nginx does not answer', flags: 'answers' },
    elsewhere: { prometheus: 'answers' },
  });
  world.close();
});
