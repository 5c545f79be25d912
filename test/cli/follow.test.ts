import { expect, test, vi } from 'vitest';
import { deploymentToCome, deploymentToFollow } from '../../src/cli/follow.js';
import { CommandError } from '../../src/client/failure.js';
import type { ShipwayClient } from '../../src/client.js';

const NAME = 'deployment/lamp/production/2';
const missing = (): CommandError =>
  new CommandError(`Temporal knows no ${NAME}`, 'look', 1, undefined, 'not_found');

/** A client that says no so often, and then shows it. */
function client(error: Error, times: number): ShipwayClient {
  const deployment = vi.fn(() => Promise.resolve({ seen: true }));
  for (let i = 0; i < times; i++) deployment.mockRejectedValueOnce(error);
  return { deployment } as unknown as ShipwayClient;
}

test('a deployment that is to come is waited for', async () => {
  const { look } = deploymentToCome(client(missing(), 2), NAME);
  expect([await look(), await look(), await look()]).toEqual([undefined, undefined, { seen: true }]);
});

test('but not for ever, nor through what is no matter of time', async () => {
  const late = deploymentToCome(client(missing(), 1), NAME);
  vi.spyOn(Date, 'now').mockReturnValueOnce(Date.now() + 3_600_000);
  await expect(late.look()).rejects.toThrow('Temporal knows no');
  const broken = deploymentToCome(client(new Error('broken'), 1), NAME);
  await expect(broken.look()).rejects.toThrow('broken');
  await expect(deploymentToFollow(client(missing(), 1), NAME).look()).rejects.toThrow('Temporal knows no');
});
