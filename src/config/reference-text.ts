/** The sentences of docs/configuration.md that are not made of the schemas. */
export const INTRODUCTION = `# Configuration

Generated from the code. \`shipway.yaml\` says how one service gets from a commit to its environments; \`shipway.policy.yaml\` says what an organisation asks for, and is read
by the workers. \`shipway init\` writes both with comments ([as TypeScript](#shipwayconfigts), if you rather have that), \`shipway validate\` lists every problem with its line and column, \`shipway plan --environment NAME\` shows what a run would do.

A key that is not here is an error, and so is a value of another form. Keys marked * must be there. \`a.b\` stands for the key \`b\` in the mapping \`a\`, \`a[].b\` for the key \`b\` in each
entry of the list \`a\`.

An editor that knows JSON Schema completes and checks both files: put \`# yaml-language-server: $schema=PATH\` on the first line, with the path of
\`schema/shipway.schema.json\` or \`schema/shipway.policy.schema.json\` in the installed package.

| form | what is taken | examples |
|---|---|---|
| duration | a number and \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`; whole milliseconds, at most 366 days; one unit, so \`90m\` and not \`1h30m\` | \`500ms\`, \`30s\`, \`1.5h\` |
| percentage | a number from 0 to 100 with at most two decimals, and \`%\` | \`5%\`, \`0.25%\` |
| size | a number and \`Ki\`, \`Mi\`, \`Gi\` or \`Ti\` (1024, 1024², 1024³, 1024⁴ bytes); whole bytes | \`64Mi\`, \`1.5Gi\` |
| name | lower-case letters, digits and dashes, beginning with a letter, at most 63 | \`my-service\` |
| path | of a file or folder: relative to the repository, and inside it. Of a request: begins with one \`/\` | \`dist/\`, \`/health\` |
| text | quoted when YAML would take it for a number or a yes or no | \`"8080"\`, \`"true"\` |

Both files are one YAML 1.2 document of mappings, lists, texts, whole numbers, \`true\` and \`false\`, in UTF-8, at most 1 MiB, 20,000 values and 40 levels. Anchors, aliases, merge keys, tags and
directives are refused, and so are words that YAML 1.1 reads as yes or no (\`yes\`, \`no\`, \`on\`, \`off\`, \`y\`, \`n\`) without quotes.`;

export const STAGES = `## stages

Stages run one after the other, or side by side where their \`needs\` say so, each in a fresh workspace: the source of the commit, the \`artifacts\` of the stages that it waits for, and its \`cache\`. What a stage is follows from its keys: with
\`script\` it runs commands, with \`security_scan\` it scans, with \`performance_test\` it loads what is to be released, with \`uses\` it does what a function of your own does, and \`approve\` and \`deploy\` are the gate and the deployment. These two may be written as one word.

- A name is used once. \`needs\` names stages that stand before; without it a stage waits for the one before, with \`[]\` for none. A stage that fails stops what waits for it, and what runs beside it goes on to its end.
- \`deploy\` waits for \`approve\`, and both for every stage before them that may keep a deployment from happening, themselves or through others. A performance test waits for all that leaves artifacts. Where two stages leave the same file, that of the later one in this list counts.
- \`matrix\` makes a stage several, which run side by side; what needs the stage waits for all of them.
- A stage that \`only\` keeps from running is skipped, and so is what needs it. When that is the deployment, the run is refused before it begins.
- \`approve\` comes before \`deploy\`, and nothing that leaves artifacts, reports or evidence, scans or measures comes after \`approve\`: it could not be part of what is approved.
- A performance test comes after all stages that leave artifacts, and sends at least 100 and at most 1,000,000 requests.
- \`uses\` names a kind of \`adapters.stages\`: a function that the workers of role \`stage\` were given. It is asked for before any stage runs, and the run fails where the workers have none of that name. Its worker may die while it is at work: then it is begun again, with the same idempotency key.
- Some stage before \`deploy\` leaves artifacts: they are the release. A commit that has one already is not built again: the stages before \`approve\` are left out, unless they may fail or \`--rebuild\` asks for them. What is to be done for each environment stands between \`approve\` and \`deploy\`, or after \`deploy\`.
- \`environments\` on \`deploy\` is where a run leads that names no environment: what stands from \`approve\` on is done for each, as \`approve-staging\`, \`deploy-staging\` and so on. A command after \`deploy\` that fails keeps the next environment from beginning; without a next one it must have \`allow_failure: true\`, because the version is live whether it passes or not.`;

export const RULES = `What is checked besides:

- \`canary.steps\` rise and end with \`100%\`; \`step\` and \`maximum\` count them up instead, and an environment that says the one way replaces the other. \`canary\` is said where the strategy is \`canary\`, or in \`deploy\` when that of some environment is; \`rolling\` and \`strategy_with\` in the same way where it is \`rolling\` or \`own:NAME\`.
- \`feature_flag.flag\` is one of \`flags\`, and \`variant\` one of its own beside \`default\`; its steps are as those of \`canary\`, and it is said where \`canary\` may be in the same way.
- \`rolling.batch_size\` is less than \`replicas\`: somebody serves while a batch is replaced.
- \`bake\`, \`canary.step_duration\`, \`rolling.pause\` and \`rollback_step\` are no shorter than \`monitoring.interval\`, and no \`window\` is shorter than two of it. \`health_check_failures.threshold\` is no more than the health checks of all \`replicas\` that its \`window\` has room for.
- \`queries\` and the \`query\` of each of \`triggers.metrics\` are PromQL that can be read. What \`queries\` give are the counters themselves, without a range and without an aggregation; a \`query\` asks for some series, and has no subquery and no range at its end.
- No variable is called \`PORT\` or \`HOST\` or begins with \`SHIPWAY_\`: shipway sets these.
- Nothing looks like a secret, neither by its name nor by its shape.
- Each environment gives every one of \`required_variables\` a value that is not empty, or a secret.
- No environment refers to a secret whose path begins with the name of another one.
- Provider and router can do what the strategy needs.
- A list of routers has two different ones of \`gateway\`, \`haproxy\` and \`nginx\`, each with a port of its own in \`listen\`; \`metrics: gateway\` counts what the gateway alone shares out, so two need another source. See [Two routers](concepts.md#two-routers).`;

export const ENVIRONMENTS = `## environments

Each name under \`environments\` is an environment. Its keys are those of \`deploy\`, and what is written here replaces what is written there: mappings are merged key by key, lists and
everything else are replaced as a whole.

\`\`\`yaml
deploy:
  provider: process
  command: [node, server.js]
  router: gateway
  strategy: canary
  environment: { LOG_LEVEL: info, REGION: eu }
environments:
  # All users at once, and LOG_LEVEL is debug; REGION stays eu.
  staging: { strategy: blue_green, environment: { LOG_LEVEL: debug } }
  production: {}
\`\`\``;

export const FLAGS = `What the service reads by [OpenFeature](https://openfeature.dev), the same in all environments; who has which variant is set for each by \`shipway flag set\`: see [Flags](flags.md). A deployment makes known what
its release declares: what was set before stays, as far as there are its variants, and a flag that a release no longer declares stays as it is for releases that still read it. A flag without \`variants\` is
\`false\` (off) or \`true\` (on).`;

export const ADAPTERS = `Providers, routers, metric sources, kinds of stages and strategies that whoever runs the workers has added to them, as \`examples/extend\` shows. They are named here, so that a name nobody has is an error before
anything runs, and used as \`own:NAME\`. What a provider or a router can do is said here for the check of the strategy, and must be true: the worker’s own word is asked before instances start.
A target keeps its provider and its router while something is live there; its metric source may change. From one router to two is another router.

A strategy of your own is a pure function: from plain facts (the deployment’s plan, what serves, \`strategy_with\`) it gives steps, of which shipway carries out each: shift to a share, watch for a time, ask a person, smoke test. The shares
rise and end with all users; before the steps come shipway’s own smoke test, after them promotion and bake. The workers of role \`control\` call it when a run begins, when its approval is asked for, which shows the steps and
binds them, and when it is admitted. Where nothing serves yet all users go at once, and no strategy is asked.`;

export const CODE = `## shipway.config.ts

The same service as TypeScript, where somebody would rather compute it: \`shipway init --typescript\` writes one. Keys and values are those of \`shipway.yaml\`, and the same content gives the
same plan, to its hash. A folder has one of \`shipway.yaml\` and \`shipway.config.ts\` (or \`.mts\`, \`.js\`, \`.mjs\`); \`-f\` takes a file of any name with such an ending.

\`\`\`ts
import { defineService } from 'shipway';
import { triggers } from './deploy/triggers.ts';

const region = (name: string) => ({ environment: { REGION: name } });

export default defineService({
  service: 'shop',
  stages: [{ name: 'build', script: ['make'], artifacts: ['dist/'] }, 'approve', 'deploy'],
  deploy: { provider: 'process', command: ['node', 'dist/server.js'], router: 'gateway', strategy: 'canary', triggers },
  environments: { 'production-eu': region('eu'), 'production-us': region('us') },
});
\`\`\`

- It is evaluated where a command is typed, and never by a worker, a workflow or the API: those see the plan that it came to.
- What it comes to is what the commit says. It may import code and JSON of the repository, as they are in the commit that is shipped, and \`shipway\`, which need not be installed
  there; no package, no module of Node’s. It sees no environment variable, reads no file and starts no program. It is nobody’s sandbox all the same: evaluate commits of people whose code you would run.
- A commit in which the configuration had the other name is shipped by that one.
- It has 10 seconds and 128 MiB. What it prints goes to stderr, marked as its own.
- The default export is what \`defineService\` gave, or a promise of that. A key that is \`undefined\` is not there; what is not plain data is refused.
- What is wrong in the service is told at the call of \`defineService\`, with the path of the key: code says what comes out, and not where each part of that is from.
- Types are checked by an editor or \`tsc\`, where \`shipway\` is installed in the repository; \`shipway validate\` checks all that they check, and more.`;

export const POLICY = `The rules of the organisation. A run cannot bring its own: the workers read the file that \`SHIPWAY_POLICY\` names and publish it, and the newest accepted one rules. \`shipway validate\`
checks the one beside \`shipway.yaml\`, or the one that \`-f\` names: a file that is called \`…policy.yaml\`, or one of another name that has \`environments\` and nothing of a service. It notes which environments of \`shipway.yaml\` the one beside it does not name; the policy that rules may name more.

Nobody is told of anything unless \`notify\` of an environment says so, by \`notifications\`: see [Messages to people](operations.md#messages-to-people). \`shipway validate\` notes a channel by which nobody is told anything.`;
