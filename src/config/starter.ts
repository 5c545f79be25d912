import { flowText } from './flow-text.js';

/** What `shipway init` writes, for a repository whose releases come from this branch: both files validate as they are. */
export const starterService = (branch: string): string => `${TESTED}${builtOn(branch)}${DEPLOYED}`;

const TESTED = `# How this service gets from a commit to production. \`shipway validate\` checks it, \`shipway plan\` shows what a run would do.
service: my-service

# What happens to a commit, in this order; the first stage that fails ends the run.
stages:
  # Each line is one command; the stage fails with the first that exits other than 0.
  - name: test
    script: [npm ci, npm test]
    # Kept between runs while the key files are the same.
    cache: [{ paths: [node_modules/], key_files: [package-lock.json] }]
`;

const builtOn = (
  branch: string,
): string => `  # What \`artifacts\` names is what is deployed: built once a commit, known by its digest. \`only\`: commits that are on ${branch}.
  - name: build
    script: [npm ci, npm run build]
    artifacts: [dist/, package.json]
    only: ${flowText([branch])}
`;

const DEPLOYED = `  # Fails when the sources or the artifacts hold a password, token or key.
  - name: scan
    security_scan: { secret_detection: true }
  # Waits for the people that shipway.policy.yaml asks for.
  - approve
  # Does what \`deploy\` below says. A run that names no environment leads through these: built once, from the gate on all is done for each.
  - { name: deploy, environments: [staging, production] }

deploy:
  # Plain processes on a host. The command is a list, never a line for a shell; each instance gets its own PORT.
  provider: process
  command: [node, dist/server.js]
  replicas: 2
  # Plain values, and of what is secret its path: \`shipway secrets set database/url --environment production\` gives the value.
  # environment: { LOG_LEVEL: info, DATABASE_URL: { secret: "{environment}/database/url" } }
  # required_variables: [DATABASE_URL]
  health_checks:
    readiness: { path: /ready }
    liveness: { path: /health }
  router: gateway
  # What says who a user is: a user stays on one version.
  user_key: [{ header: x-user-id }, { cookie: session }]
  smoke_test: { path: /health }
  # 5 % of the users first, then more, each share watched; then the bake at 100 %. Others: blue_green, rolling, in_place.
  strategy: canary
  canary: { steps: [5%, 25%, 50%, 100%], step_duration: 5m }
  bake: 30m
  # What takes it back by itself.
  triggers:
    error_rate: { threshold: 5%, window: 5m }
    response_time: { p95_threshold: 2000ms, window: 5m }
    health_check_failures: { threshold: 3, window: 2m }

# Where it runs; what is written here replaces the same key of \`deploy\` there.
environments:
  staging: { strategy: blue_green, bake: 5m }
  production: {}
`;

export const STARTER_SERVICE = starterService('main');

export const STARTER_POLICY = `# The organisation's rules, read by the workers. An environment that is not named here is not allowed.
environments:
  staging: { identity: asserted }
  production:
    # People are who the command line says they are; that is shown wherever a decision is shown.
    identity: asserted
    # One person other than whoever asked for the run and wrote the commit.
    approvals: { required_approvals: 1, expires_after: 24h, self_approval: false }
    # Nobody is told that a run waits, unless \`notify\` and \`notifications\` say who and where.
`;
