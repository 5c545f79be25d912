/** What `shipway init --typescript` writes: the same service as starter.ts has it. */
export const starterCode = (branch: string): string =>
  [BEFORE, `      only: ${listed(branch)},\n`, AFTER].join('');

const BEFORE = `// How this service gets from a commit to production. \`shipway validate\` checks it, \`shipway plan\` shows what a run would do.
// It is evaluated where the command is typed and nowhere else. Keys and values are those of shipway.yaml; other files can be imported.
// \`npm install --save-dev shipway\` lets an editor know the types; shipway itself does not need that.
import { defineService } from 'shipway';

export default defineService({
  service: 'my-service',

  // What happens to a commit, in this order; the first stage that fails ends the run.
  stages: [
    {
      name: 'test',
      // Each line is one command; the stage fails with the first that exits other than 0.
      script: ['npm ci', 'npm test'],
      // Kept between runs while the key files are the same.
      cache: [{ paths: ['node_modules/'], key_files: ['package-lock.json'] }],
    },
    {
      name: 'build',
      script: ['npm ci', 'npm run build'],
      // What is deployed: built once a commit, known by its digest.
      artifacts: ['dist/', 'package.json'],
      // Only commits that are on this branch.
`;

const AFTER = `    },
    // Fails when the sources or the artifacts hold a password, token or key.
    { name: 'scan', security_scan: { secret_detection: true } },
    // Waits for the people that shipway.policy.yaml asks for.
    'approve',
    // Does what \`deploy\` below says. A run that names no environment leads through these: built once, from the gate on all is done for each.
    { name: 'deploy', environments: ['staging', 'production'] },
  ],

  deploy: {
    // Plain processes on a host. The command is a list, never a line for a shell; each instance gets its own PORT.
    provider: 'process',
    command: ['node', 'dist/server.js'],
    replicas: 2,
    health_checks: { readiness: { path: '/ready' }, liveness: { path: '/health' } },
    router: 'gateway',
    // What says who a user is: a user stays on one version.
    user_key: [{ header: 'x-user-id' }, { cookie: 'session' }],
    smoke_test: { path: '/health' },
    // 5 % of the users first, then more, each share watched; then the bake at 100 %.
    strategy: 'canary',
    canary: { steps: ['5%', '25%', '50%', '100%'], step_duration: '5m' },
    bake: '30m',
    // What takes it back by itself.
    triggers: {
      error_rate: { threshold: '5%', window: '5m' },
      response_time: { p95_threshold: '2000ms', window: '5m' },
      health_check_failures: { threshold: 3, window: '2m' },
    },
  },

  // Where it runs; what is written here replaces the same key of \`deploy\` there.
  environments: {
    staging: { strategy: 'blue_green', bake: '5m' },
    production: {},
  },
});
`;

const listed = (branch: string): string => `['${branch.replace(/[\\']/g, '\\$&')}']`;
