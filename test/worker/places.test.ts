import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Policy } from '../../src/domain/policy.js';
import { ShipwayError } from '../../src/errors.js';
import { never } from '../../src/testing/world.js';
import { lookElsewhere, placesIn } from '../../src/worker/places.js';

const approvals = {
  ...{ requiredApprovals: 0, expiresAfterMs: 1, selfApproval: false },
  onBaseChanged: 'ask_again',
} as const;
const haproxy = { folder: '/nowhere/shipway', socket: '/nowhere/master.sock' };
const nginx = { folder: '/nowhere/nginx', port: 1, command: ['/nowhere/nginx'] };
const url = 'http://127.0.0.1:1';
const policyWith = (credential?: string): Policy => ({
  environments: {
    production: {
      ...{ identity: 'asserted', approvals, haproxy, nginx },
      prometheus: { url, staleAfterMs: 5, ...(credential === undefined ? {} : { credential }) },
    },
    staging: { identity: 'asserted', approvals },
  },
});
const of = (environment: string) => ({ environment });

test('an environment’s places are those of the policy; one without is said with its key', async () => {
  const places = placesIn(() => Promise.resolve(policyWith()), {});
  expect(await places.haproxy(of('production'))).toEqual(haproxy);
  expect(await places.nginx(of('production'))).toEqual(nginx);
  expect(await places.prometheus(of('production'))).toEqual({ url, staleAfterMs: 5 });
  for (const environment of ['staging', 'nowhere', 'constructor'])
    await expect(places.haproxy(of(environment))).rejects.toMatchObject({
      type: 'adapter.unknown',
      message: expect.stringContaining(`environments.${environment}.haproxy`) as string,
    });
});

test('a credential is read where it is used: a variable or a file, a token or a user with a password', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'places-'));
  const file = join(folder, 'token');
  await writeFile(file, 'me:pw\n');
  const shown = async (ref: string) =>
    (
      await placesIn(() => Promise.resolve(policyWith(ref)), { SHIPWAY_METRICS_TOKEN: 'abc' }).prometheus(
        of('production'),
      )
    ).authorization;
  expect(await shown('SHIPWAY_METRICS_TOKEN')).toBe('Bearer abc');
  expect(await shown(file)).toBe(`Basic ${Buffer.from('me:pw').toString('base64')}`);
  await expect(shown('SHIPWAY_METRICS_OTHER')).rejects.toMatchObject({ type: 'credential.missing' });
  await rm(folder, { recursive: true });
});

test('a way back does not wait for a store that is away: what it said last is good enough', async () => {
  let answer = (): Promise<Policy> => Promise.reject(new ShipwayError('store.unavailable', 'away'));
  const places = placesIn(() => answer(), {});
  await expect(places.haproxy(of('production'))).rejects.toMatchObject({ type: 'store.unavailable' });
  answer = () => Promise.resolve(policyWith());
  await places.haproxy(of('production'));
  answer = () => Promise.reject(new ShipwayError('store.unavailable', 'away'));
  expect(await places.haproxy(of('production'))).toEqual(haproxy);
  answer = () => new Promise(() => undefined);
  const from = Date.now();
  expect(await places.haproxy(of('production'))).toEqual(haproxy);
  expect(Date.now() - from).toBeLessThan(1_000);
});

test('routers that are gone are those that the policy names; what is not read soon counts for some seconds, and then none are', async () => {
  let answer = (): Promise<Policy> => Promise.reject(new ShipwayError('store.unavailable', 'away'));
  const places = placesIn(() => answer(), {});
  expect(await places.gone(of('production'))).toEqual([]);
  answer = () => new Promise(() => undefined);
  const from = Date.now();
  expect(await places.gone(of('production'))).toEqual([]);
  expect(Date.now() - from).toBeLessThan(1_000);
  const production = { identity: 'asserted', approvals, goneRouters: ['nginx'] } as const;
  answer = () => Promise.resolve({ environments: { production } });
  expect(await places.gone(of('production'))).toEqual(['nginx']);
  for (const environment of ['staging', 'constructor'])
    expect(await places.gone(of(environment))).toEqual([]);
  answer = () => Promise.reject(new ShipwayError('store.unavailable', 'away'));
  expect(await places.gone(of('production'))).toEqual(['nginx']);
  // By now it may be back: what was said long ago leaves nobody out.
  const now = Date.now();
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now + 6_000);
  onTestFinished(() => void clock.mockRestore());
  expect(await places.gone(of('production'))).toEqual([]);
  answer = () => new Promise(() => undefined);
  expect(await places.gone(of('production'))).toEqual([]);
});

test('what does not answer is said by its name; what serves environments of other hosts is not asked', async () => {
  const { production } = policyWith().environments;
  const lost = { ...production, goneRouters: ['nginx'], prometheus: undefined };
  const policy = { environments: { production, other: production, lost } } as unknown as Policy;
  const served = () => Promise.resolve(['production', 'production', 'gone', 'lost']);
  const seen = await lookElsewhere(
    placesIn(() => Promise.resolve(policy), {}),
    served,
  )(never);
  expect(Object.keys(seen)).toEqual([
    ...['haproxy of production', 'nginx of production', 'prometheus of production', 'haproxy of lost'],
  ]);
  expect(seen['nginx of production']).toContain('/nowhere/nginx');
  expect(seen['haproxy of production']).toContain('/nowhere/master.sock');
  expect(seen['prometheus of production']).toContain(url);
});

test('one that hangs is said to, in time, and takes nothing from what the others say', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hanging = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const { environments } = policyWith();
  const production = { ...environments['production'], prometheus: { url: hanging, staleAfterMs: 5 } };
  const policy = { environments: { production } } as unknown as Policy;
  const from = Date.now();
  const seen = await lookElsewhere(
    placesIn(() => Promise.resolve(policy), {}),
    () => Promise.resolve(['production']),
  )(never);
  expect(Date.now() - from).toBeLessThan(3_000);
  expect(seen['prometheus of production']).toBe('did not answer within 2 s');
  expect(seen['haproxy of production']).toContain('/nowhere/master.sock');
  server.close();
});
