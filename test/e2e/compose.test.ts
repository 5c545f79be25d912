import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { ROLES } from '../../src/settings.js';
import { program, temporaryFolder } from '../dev/temporary.js';
import { compose, composeOn, without } from './system.js';
import { SECRETS, composeConfig, type ComposeService } from './compose.js';

const left = without(compose);
const services = left ? {} : await composeConfig();
const ours = Object.entries(services).filter(([, s]) => s.image.startsWith('shipway:'));
const named = (name: string): ComposeService => {
  const service = services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
};

test('Compose is the program of that name, else the plugin of docker, where there is one', async () => {
  const make = temporaryFolder;
  const [alone, plugin, client] = [await make(), await make(), await make()];
  await program(join(alone, 'docker-compose'), 'exit 0');
  await program(join(client, 'docker'), 'exit 1');
  const docker = join(plugin, 'docker');
  const long = [
    'services:',
    '  web:',
    '    image: web:1',
    '    ports: [{ mode: ingress, host_ip: 127.0.0.1, target: 80, published: "8080", protocol: tcp }]',
    '    volumes: [{ type: volume, source: state, target: /var/lib, volume: {} }]',
  ];
  await program(docker, `[ "$*" = "compose version" ] || cat <<END\n${long.join('\n')}\nEND`);
  expect(composeOn([alone, plugin].join(delimiter))).toEqual([join(alone, 'docker-compose')]);
  expect(composeOn([client, plugin].join(delimiter))).toBeUndefined();
  expect(composeOn(plugin)).toEqual([docker, 'compose']);
  expect(await composeConfig(SECRETS, [docker, 'compose'])).toEqual({
    web: { image: 'web:1', ports: ['127.0.0.1:8080:80'], volumes: ['state:/var/lib'] },
  });
});

describe.skipIf(left)('docker-compose.yml', () => {
  test('has a worker for every role, each role once', () => {
    const roles = ours.flatMap(([, { command = [] }]) =>
      command[0] === 'worker' ? (command[command.indexOf('--role') + 1] ?? '').split(',') : [],
    );
    expect(roles.toSorted()).toEqual([...ROLES].toSorted());
  });

  test('starts in order: who needs a server waits until that is healthy', () => {
    const healthy = { condition: 'service_healthy' };
    for (const name of ['control', 'host'])
      expect(named(name).depends_on).toMatchObject({ temporal: healthy, 'shipway-postgres': healthy });
    expect(named('stage').depends_on).toMatchObject({ temporal: healthy, control: healthy });
    expect(named('temporal').depends_on).toMatchObject({ 'temporal-postgres': healthy });
    for (const name of ['temporal', 'temporal-postgres', 'shipway-postgres'])
      expect(named(name).healthcheck?.test[0], name).toMatch(/^CMD/);
  });

  test('Temporal, its UI, both databases and Prometheus have a fixed version', () => {
    expect(Object.keys(services)).toEqual(
      expect.arrayContaining([
        'temporal',
        'temporal-ui',
        'temporal-postgres',
        'shipway-postgres',
        'prometheus',
      ]),
    );
    for (const [name, { image }] of Object.entries(services))
      if (!image.startsWith('shipway:')) expect(image, name).toMatch(/:v?\d+(\.\d+)*$/);
  });

  test.each(Object.keys(SECRETS))('does not start without %s', async (missing) => {
    const { [missing as keyof typeof SECRETS]: _, ...rest } = SECRETS;
    await expect(composeConfig(rest)).rejects.toThrow(/set it in \.env/);
    await expect(composeConfig({ ...rest, [missing]: '' })).rejects.toThrow(/set it in \.env/);
  });

  test('a secret is only ever one that was given, and only where it is needed', () => {
    const holders = (mark: string): readonly string[] =>
      Object.entries(services)
        .filter(([, { environment = {} }]) => Object.values(environment).some((v) => v.includes(mark)))
        .map(([name]) => name);
    expect(holders(SECRETS.SHIPWAY_DB_PASSWORD)).toEqual(['control', 'host', 'shipway-postgres']);
    expect(holders(SECRETS.TEMPORAL_DB_PASSWORD)).toEqual(['temporal', 'temporal-postgres']);
    expect(holders(SECRETS.SHIPWAY_API_TOKEN)).toEqual(['control', 'host']);
    expect(holders(SECRETS.SHIPWAY_STAGE_TOKEN)).toEqual(['control', 'host', 'stage']);
    const marks = Object.values(SECRETS);
    for (const [name, { environment = {} }] of Object.entries(services))
      for (const [variable, value] of Object.entries(environment))
        if (/PASSWORD|PWD|TOKEN|SECRET|DATABASE_URL/.test(variable))
          expect(
            marks.some((mark) => value.includes(mark)),
            `${name} ${variable}`,
          ).toBe(true);
  });

  test('the network reaches nothing: ports are on the loopback of the machine', () => {
    const ports = Object.values(services).flatMap((s) => s.ports ?? []);
    expect(ports.length).toBeGreaterThan(3);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test('the gateway and the host’s worker see each other’s loopback, processes and state', () => {
    const [gateway, host] = [named('gateway'), named('host')];
    expect(gateway).toMatchObject({ network_mode: 'service:host', pid: 'service:host' });
    const state = (s: ComposeService) => s.volumes?.filter((v) => v.startsWith('host-state:'));
    expect(state(gateway)).toEqual(state(host));
    const id = (s: ComposeService) => s.environment?.['SHIPWAY_HOST_ID'];
    expect(id(named('control'))).toBe(id(host));
    expect(id(host)).toBeTruthy();
  });

  test('none of our containers may gain rights', () => {
    expect(ours.map(([name]) => name)).toEqual(['control', 'gateway', 'host', 'stage']);
    for (const [name, { security_opt }] of ours)
      expect(security_opt, name).toContain('no-new-privileges:true');
  });
});

describe.skipIf(left)('Dockerfile', async () => {
  const text = await readFile(join(packageRoot(), 'Dockerfile'), 'utf8');
  const stages = text.split(/^(?=FROM )/m).slice(1);
  const last = stages.at(-1) ?? '';

  test('builds in two stages and runs in another, on glibc', () => {
    const bases = stages.map((stage) => /^FROM (\S+)/.exec(stage)?.[1]);
    expect(bases).toEqual([
      expect.stringMatching(/^node:\d+-bookworm-slim$/),
      expect.stringMatching(/^golang:\d+\.\d+-bookworm$/),
      bases[0],
    ]);
    expect(last).not.toContain('go install');
    expect(last).not.toContain('npm ci');
  });

  test('runs as a user without rights, who owns the folders of its volumes alone', () => {
    expect(/^USER (.*)$/m.exec(last)?.[1]).toBe('shipway');
    for (const copy of last.match(/^COPY .*$/gm) ?? []) expect(copy).toContain('--chown=root:root');
    const mounted = new Set(
      ours
        .flatMap(([, { volumes = [] }]) =>
          volumes.map((v) => v.split(':')).filter(([from]) => !from?.startsWith('/')),
        )
        .map(([, to]) => to ?? ''),
    );
    const owned = /install -d -m 700 -o shipway -g shipway (.*)$/m.exec(last)?.[1]?.split(' ') ?? [];
    expect([...mounted].toSorted()).toEqual(owned.toSorted());
  });

  test('has a health check, on the port that it sets', () => {
    expect(last).toMatch(/^HEALTHCHECK [^]*SHIPWAY_API_PORT \+ '\/live'/m);
    expect(last).toMatch(/^ENV .*\bSHIPWAY_API_PORT=7070\b/m);
    expect(last).toMatch(/^EXPOSE 7070$/m);
    expect(named('control').environment?.['SHIPWAY_API_PORT']).toBe('7070');
  });

  test('takes no secret and nothing that was built elsewhere into the image', async () => {
    const ignored = (await readFile(join(packageRoot(), '.dockerignore'), 'utf8')).split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env', '.git', '.shipway', 'dist', 'node_modules']));
  });
});
