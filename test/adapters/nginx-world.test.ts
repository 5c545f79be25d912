import { once } from 'node:events';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { lookAtNginx } from '../../src/adapters/routers/nginx-look.js';
import { FULL } from '../../src/domain/plan.js';
import { BLUE, GREEN, TARGET, ask, backend, giveUp, never, splitTo } from '../../src/testing/world.js';
import { nginx, without } from '../e2e/system.js';
import { load } from '../gateway/load.js';
import { nginxProcess, type NginxProcess } from '../support/nginx-process.js';
import { oddMember, upgraded } from '../support/odd-member.js';
import { sharedOut, type Backend } from '../support/shared-out.js';

describe.skipIf(without(nginx))('on a real nginx (left out where there is none outside CI)', () => {
  let h: NginxProcess;
  let blue: Backend;
  let green: Backend;
  let address: string;
  beforeEach(async () => {
    const { end, ...one } = await sharedOut(() => nginxProcess());
    ({ h, blue, green, address } = one);
    return end;
  });
  const at = (path: string): string => `http://127.0.0.1:${String(h.port)}${path}`;
  const shown = async () => ({
    authorization: `Bearer ${(await readFile(join(h.folder, 'token'), 'utf8')).trim()}`,
  });

  test('shares, members and what says who a user is change without a reload, and no request fails', async () => {
    const before = await h.workers();
    const running = load(address, 400);
    for (let share = 0; share <= FULL; share += 1_000) {
      await h.router.split(TARGET, splitTo(share), never);
      await new Promise((r) => setTimeout(r, 200));
    }
    await h.router.admit(TARGET, 'blue', BLUE, [blue.url, green.url], never);
    await h.router.split(TARGET, { ...splitTo(5_000), userKey: [{ cookie: 'session' }] }, never);
    await h.router.split(TARGET, splitTo(0), never);
    await h.router.drain(TARGET, 'green', 2_000, never);
    await h.router.withdraw(TARGET, 'green', never);
    const { sent, failures, byName } = await running.stop();
    expect(failures).toEqual([]);
    expect(sent).toBeGreaterThan(800);
    expect(Math.min(byName['blue'] ?? 0, byName['green'] ?? 0)).toBeGreaterThan(sent / 10);
    expect(await h.workers()).toEqual(before);
  });

  test('what somebody else said at run time is seen, and the next change puts it right', async () => {
    const told = await fetch(at('/targets/shop/staging'), {
      ...{ method: 'PUT', headers: await shown() },
      body: `split=green|9000|blue|other blue=${BLUE}| green=${GREEN}|127.0.0.1:9`,
    });
    expect(told.status).toBe(204);
    expect(await h.router.observe(TARGET, never)).toMatchObject({
      shares: { blue: 1_000, green: 9_000 },
      members: { blue: [], green: ['http://127.0.0.1:9'] },
    });
    await h.router.split(TARGET, splitTo(2_500), never);
    expect(await h.router.observe(TARGET, never)).toMatchObject({
      shares: { blue: 7_500, green: 2_500 },
      members: { blue: [blue.url], green: [green.url] },
    });
  });

  test('nobody without the token is heard, and no other user reads it', async () => {
    for (const headers of [{}, { authorization: 'Bearer' }, { authorization: 'Bearer nil' }])
      for (const [method, path] of [
        ['PUT', '/targets/shop/staging'],
        ['DELETE', '/targets/shop/staging'],
        ['GET', '/targets/shop/staging'],
        ['GET', '/inflight/shop/staging'],
      ] as const)
        expect((await fetch(at(path), { method, headers })).status).toBe(401);
    for (const file of ['token', 'shipway.conf'])
      expect((await stat(join(h.folder, file))).mode & 0o777).toBe(0o600);
    expect((await h.router.observe(TARGET, never))?.shares).toEqual({ blue: FULL, green: 0 });
  });

  test('who only reads makes no token, and a change makes one where there is none or an empty one', async () => {
    const token = join(h.folder, 'token');
    const old = await shown();
    await rm(token);
    await lookAtNginx(h, never);
    expect((await h.router.observe(TARGET, never))?.shares).toEqual({ blue: FULL, green: 0 });
    await expect(stat(token)).rejects.toThrow();
    await Promise.all([1, 2, 3].map((share) => h.router.split(TARGET, splitTo(share), never)));
    await writeFile(token, '');
    await h.router.split(TARGET, splitTo(1_000), never);
    expect((await h.router.observe(TARGET, never))?.shares).toEqual({ blue: 9_000, green: 1_000 });
    expect((await fetch(at('/targets/shop/staging'), { headers: old })).status).toBe(401);
    const conf = join(h.folder, 'shipway.conf');
    await writeFile(conf, (await readFile(conf, 'utf8')).replace(/[0-9a-f]{64}/, '0'.repeat(64)));
    await expect(h.router.observe(TARGET, never)).rejects.toMatchObject({ type: 'router.unavailable' });
  });

  test('metrics: counted by release and slot, from 0 on, kept over a reload', async () => {
    await h.router.split(TARGET, splitTo(FULL), never);
    for (const path of ['/', '/', '/fail']) await ask(address, path);
    await h.reload();
    const text = await (await fetch(at('/metrics'))).text();
    const of = (release: string, slot: string): string =>
      `service="shop",environment="staging",release="${release}",slot="${slot}"`;
    expect(text).toContain(`shipway_nginx_request_seconds_count{${of(GREEN, 'green')}} 3\n`);
    expect(text).toContain(`shipway_nginx_request_seconds_bucket{${of(GREEN, 'green')},le="+Inf"} 3\n`);
    expect(text).toContain(`shipway_nginx_errors_total{${of(GREEN, 'green')}} 1\n`);
    expect(text).toContain(`shipway_nginx_errors_total{${of(BLUE, 'blue')}} 0\n`);
    for (let i = 0; i < 25; i++)
      await h.router.admit(TARGET, 'green', i.toString(16).padStart(64, '0'), [green.url], never);
    const later = await (await fetch(at('/metrics'))).text();
    expect(later.match(/^shipway_nginx_errors_total/gm)).toHaveLength(20);
  });

  const counted = async (what: string): Promise<number> =>
    Number(
      new RegExp(`^shipway_nginx_${what}\\{.*slot="green"\\} (\\d+)$`, 'm').exec(
        await (await fetch(at('/metrics'))).text(),
      )?.[1],
    );

  test('an answer that its member breaks off is an error, one that its user leaves is none, and a connection is no request', async () => {
    const odd = await oddMember();
    const conf = join(h.folder, 'shipway.conf');
    await h.router.admit(TARGET, 'green', GREEN, [odd.url], never);
    await h.router.split(TARGET, splitTo(FULL), never);
    const text = await readFile(conf, 'utf8');
    await writeFile(conf, text.replaceAll('proxy_read_timeout 60s', 'proxy_read_timeout 200ms'));
    await h.reload();
    for (const path of ['/reset', '/short', '/chunks', '/stuck'])
      await expect(ask(address, path)).rejects.toThrow();
    expect(await counted('errors_total')).toBe(4);
    for (const path of ['/whole', '/empty', '/not-modified', '/until-closed'])
      expect((await ask(address, path)).status).toBeLessThan(400);
    expect((await fetch(`${address}/whole`, { method: 'HEAD' })).status).toBe(200);
    await giveUp(address, '/hang');
    expect([await counted('errors_total'), await counted('aborted_total')]).toEqual([4, 1]);
    const before = await counted('request_seconds_count');
    const silent = await upgraded(address);
    await sleep(600);
    silent.write('ping');
    expect(String(await once(silent, 'data'))).toBe('ping');
    silent.destroy();
    while ((await h.router.drain(TARGET, 'green', 0, never)).inflight > 0) await sleep(5);
    await h.router.split(TARGET, splitTo(0), never);
    expect(await h.router.drain(TARGET, 'green', 2_000, never)).toEqual({ inflight: 0 });
    expect(await counted('request_seconds_count')).toBe(before);
    odd.end();
  });

  test('no cookie, however written, holds a worker process up', async () => {
    const from = Date.now();
    for (const cookie of [
      `a;${' '.repeat(7_900)}b`,
      ' '.repeat(7_900),
      `a${' '.repeat(3_900)}=${' '.repeat(3_900)}b`,
    ])
      expect((await ask(address, '/', { cookie })).status).toBe(200);
    expect(Date.now() - from).toBeLessThan(1_000);
  });

  test('what the block around says of all servers changes no answer and keeps no drain', async () => {
    const dead = await backend('dead');
    dead.server.close();
    const own = await readFile(h.ownFile, 'utf8');
    const said =
      'error_page 401 404 500 502 503 /50x.html;\nproxy_intercept_errors on;\ngzip on;\ngzip_min_length 1;\ngzip_types text/plain;\n';
    await writeFile(h.ownFile, own.replace('http {\n', `http {\n${said}`));
    await h.restart();
    await h.router.admit(TARGET, 'green', GREEN, [dead.url], never);
    await h.router.split(TARGET, splitTo(FULL), never);
    expect((await ask(address)).status).toBe(502);
    await h.router.split(TARGET, splitTo(0), never);
    expect(await h.router.drain(TARGET, 'green', 0, never)).toEqual({ inflight: 0 });
    expect(await ask(address, '/fail')).toEqual({ status: 500, body: 'blue' });
    expect(
      (await fetch(address, { headers: { 'accept-encoding': 'gzip' } })).headers.get('content-encoding'),
    ).toBeNull();
    expect((await fetch(at('/targets/shop/staging'))).status).toBe(401);
  });

  test('what a worker process that crashed had in flight is waited for no more', async () => {
    await h.router.split(TARGET, splitTo(FULL), never);
    const lost = ask(address, '/hang');
    while (green.seen() === 0) await new Promise((r) => setTimeout(r, 5));
    expect(await h.router.drain(TARGET, 'blue', 0, never)).toEqual({ inflight: 0 });
    await h.router.split(TARGET, splitTo(0), never);
    expect(await h.router.drain(TARGET, 'green', 0, never)).toEqual({ inflight: 1 });
    for (const pid of await h.workers()) process.kill(pid, 'SIGKILL');
    await expect(lost).rejects.toThrow();
    expect(await h.router.drain(TARGET, 'green', 5_000, never)).toEqual({ inflight: 0 });
    expect((await ask(address)).body).toBe('blue');
  });

  test('a folder that nginx does not include, or not as it is now, is told from an nginx that does not answer', async () => {
    const other = { ...h, folder: join(h.folder, 'other') };
    await mkdir(other.folder);
    await lookAtNginx(h, never);
    await lookAtNginx(other, never);
    const state = await readFile(join(h.folder, 'shipway.json'), 'utf8');
    await writeFile(join(h.folder, 'shipway.json'), state.replace('"port":', '"port":1'));
    await expect(lookAtNginx(h, never)).rejects.toThrow('reload it');
    await writeFile(join(h.folder, 'shipway.json'), state);
    const own = await readFile(h.ownFile, 'utf8');
    await writeFile(h.ownFile, own.replace(/ *include .*shipway.*\n/, ''));
    await h.restart();
    await expect(h.router.open({ ...TARGET, service: 'other' }, undefined, never)).rejects.toMatchObject({
      type: 'router.refused',
      message: expect.stringContaining(`does not load ${h.folder}`) as string,
    });
    await h.kill();
    await expect(lookAtNginx(h, never)).rejects.toMatchObject({ type: 'router.unavailable' });
  });

  test.runIf(process.getuid?.() === 0)(
    'worker processes that may not read the folder are said to, and a restart then finds what was said',
    async () => {
      const own = await readFile(h.ownFile, 'utf8');
      await writeFile(
        h.ownFile,
        own.replace('user root;', 'user nobody nogroup;').replace('processes 2', 'processes 1'),
      );
      await h.restart();
      await expect(h.router.split(TARGET, splitTo(1), never)).rejects.toMatchObject({
        type: 'router.unavailable',
        message: expect.stringContaining(`must be able to read ${h.folder}`) as string,
      });
      await chmod(dirname(h.folder), 0o755);
      await h.router.split(TARGET, splitTo(2), never);
      await chmod(h.folder, 0o700);
      await expect(h.router.split(TARGET, splitTo(3), never)).rejects.toMatchObject({
        type: 'router.refused',
        message: expect.stringContaining('do not read') as string,
      });
      await writeFile(h.ownFile, own);
      await h.restart();
      expect((await h.router.observe(TARGET, never))?.shares).toEqual({ blue: 9_997, green: 3 });
    },
  );
});
