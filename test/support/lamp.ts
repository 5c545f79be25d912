import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { git } from '../../src/cli/example/git.js';
import { freePort } from '../../src/free-port.js';

/** A service whose stages take no time and whose bake is short: for tests that are not about the service. */
const SERVER = `import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
const version = readFileSync('version.txt', 'utf8');
createServer((req, res) => res.end(version)).listen(Number(process.env.PORT), process.env.HOST);
`;
const POLICY = `environments:
  staging: { identity: asserted }
  steered: { identity: asserted }
  proved: { identity: asserted, approvals: { performance_test: required } }
  guarded: { identity: asserted, approvals: { required_approvals: 1, expires_after: 1h, self_approval: false } }
  production:
    identity: asserted
    approvals: { required_approvals: 1, expires_after: 1h, self_approval: false }
`;
/** What the last commit's says beside: a repository whose pushes are heard. */
const repositories = (folder: string): string => `repositories:
  lamp:
    url: ${folder}/lamp.git
    provider: github
    project: acme/lamp
    hook: { secret: ${folder}/hook-secret, branches: [main], environment: staging }
    schedule: { branches: [main], environments: [staging] }
`;
/** And beside that: who is told of what happens in one environment, at servers that a test starts there. */
export interface Channels {
  readonly slack: number;
  readonly mail: number;
}
const told = (folder: string, { mail }: Channels): string => `  told:
    identity: asserted
    approvals: { required_approvals: 1, expires_after: 1h, self_approval: false }
    notify: { approval_asked: [ops, mail], rolled_back: [ops, mail], shipped: [ops] }
notifications:
  channels:
    ops: { slack: { webhook: ${folder}/slack-webhook } }
    mail: { email: { host: 127.0.0.1, port: ${String(mail)}, tls: none, from: shipway@example.com, to: [ops@example.com] } }
`;
const service = (bake: string, build: string): string => `service: lamp
stages:
  - { name: test, script: [sh test.sh], reports: { junit: [junit.xml] } }
  - { name: build, script: ['${build}'], artifacts: [server.js, version.txt, package.json] }
  - approve
  - deploy
deploy:
  provider: process
  command: [node, server.js]
  router: gateway
  strategy: blue_green
  bake: ${bake}
  # Nobody uses it.
  low_traffic: true
  drain_timeout: 1s
  monitoring: { interval: 200ms }
  triggers: { health_check_failures: { threshold: 3, window: 2s } }
environments:
  staging: {}
  production: {}
  nowhere: {}
  told: {}
  # Asks for a test that no stage makes.
  proved: {}
  # Gets a secret.
  guarded:
    required_variables: [LAMP_TOKEN, LEVEL]
    environment: { LAMP_TOKEN: { secret: '{environment}/lamp/token' }, LEVEL: low }
  # Moves only when somebody says so.
  steered: { strategy: canary, canary: { steps: [10%, 50%, 100%], step_duration: 1h }, bake: 1h }
`;

const WELL = `echo all is well; echo '<testsuite><testcase name="on"/></testsuite>' > junit.xml`;

/** Releases by tag, in the order of their commits; each is what the next one adds to. */
interface Kind {
  readonly test?: string;
  readonly bake?: string;
  readonly build?: string;
}
const RELEASES: Readonly<Record<string, Kind>> = {
  v1: {},
  v2: {},
  /** Its tests fail. */
  broken: { test: 'echo this cannot work; exit 4' },
  /** Its tests never end. */
  endless: { test: 'echo begun; exec sleep 600' },
  /** It bakes for longer than any test waits. */
  baking: { bake: '1h' },
};

/** One that cannot be built before there is a file `fixed` in `folder`, where its tests note that they have run. */
const flaky = (folder: string): Kind => ({
  test: `${WELL}; echo tested >> '${folder}/tested'`,
  build: `test -e "${folder}/fixed"`,
});

async function noted(folder: string, channels: Channels): Promise<void> {
  await writeFile(join(folder, 'channels.json'), JSON.stringify(channels));
  const address = `http://127.0.0.1:${String(channels.slack)}/services/the-secret\n`;
  await writeFile(join(folder, 'slack-webhook'), address);
}

/** Makes the repository of the service in `directory`: the same commits on every machine, but for the last. */
export async function makeLamp(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await git(directory, ['init', '--quiet', '--template=']);
  const channels = { slack: await freePort(), mail: await freePort() };
  await noted(dirname(directory), channels);
  await git(directory, ['symbolic-ref', 'HEAD', 'refs/heads/main']);
  const steady = {
    'server.js': SERVER,
    'package.json': '{ "type": "module" }\n',
    '.gitignore': '.shipway/\n',
  };
  for (const [tag, { test = WELL, bake = '1s', build = 'true' }] of Object.entries({
    ...RELEASES,
    flaky: flaky(dirname(directory)),
  })) {
    const policy =
      tag === 'flaky'
        ? `${POLICY}${told(dirname(directory), channels)}${repositories(dirname(directory))}`
        : POLICY;
    const changing = {
      'shipway.policy.yaml': policy,
      'version.txt': tag,
      'test.sh': `${test}\n`,
      'shipway.yaml': service(bake, build),
    };
    for (const [name, text] of Object.entries({ ...steady, ...changing }))
      await writeFile(join(directory, name), text);
    const by = { name: 'Lamp', email: 'lamp@example.invalid', date: '2026-01-05T09:00:00Z' };
    await git(directory, ['add', '--all']);
    await git(directory, ['commit', '--quiet', '--message', tag], by);
    await git(directory, ['tag', tag]);
  }
}
