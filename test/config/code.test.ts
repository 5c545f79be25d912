import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { evaluatedDocument } from '../../src/config/code.js';
import { filesNow } from '../../src/config/files.js';
import { formatProblems, resolvePlan, serviceIn, type ParsedDocument } from '../../src/config/index.js';
import { starterCode } from '../../src/config/starter-code.js';
import { starterService } from '../../src/config/starter.js';
import { digestOf } from '../../src/hash.js';
import { folder, valid } from './texts.js';

// A process each: seconds on a machine that does much else.
vi.setConfig({ testTimeout: 240_000 });

const DEFINE = "import { defineService } from 'shipway';\n";

/** What the first of these files comes to, and its problems as the command line has them. */
async function evaluated(
  files: Readonly<Record<string, string>> | string,
  mostMs?: number,
): Promise<{ readonly document: ParsedDocument; readonly problems: string }> {
  const root = await folder();
  const all = typeof files === 'string' ? { 'shipway.config.ts': files } : files;
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  const file = join(root, Object.keys(all)[0] ?? '');
  const document = await evaluatedDocument(file, filesNow(root), mostMs);
  const loaded = serviceIn(file, document);
  const problems = loaded.ok ? '' : formatProblems(loaded.problems).replaceAll(`${root}/`, '');
  return { document, problems };
}

describe('a configuration in TypeScript', () => {
  test('gives the same plan, to its hash, as YAML of the same content', async () => {
    const { document } = await evaluated(starterCode("v'1"));
    const code = serviceIn('f', document);
    if (!code.ok) throw new Error(formatProblems(code.problems));
    const commit = { version: 'v1', commit: 'a'.repeat(40), committedAt: '2026-01-01T00:00:00Z' };
    const facts = { ...commit, root: '/', author: 'dev@example.invalid', dirty: false, branches: ["v'1"] };
    const hash = (config: typeof code.value): string =>
      digestOf(resolvePlan(config, ['staging', 'production'], facts));
    expect(hash(code.value)).toBe(hash(valid(starterService("v'1"))));
  });

  test('imports files of the repository as they are there, and shipway without having it', async () => {
    const { document } = await evaluated({
      'deploy/shipway.config.mts': `${DEFINE}import base, { type Base } from '../shared/base.js';\nimport size from '../size.json' with { type: 'json' };\nconst more: Base = base;\nexport default Promise.resolve(defineService({ service: 'shop', ...more, ...size } as never));\n`,
      'shared/base.ts':
        "import { stages } from './stages';\nexport interface Base { readonly stages: string[] }\nexport default { stages };\n",
      'shared/stages.mjs': "export const stages = ['deploy'];\n",
      'size.json': '{ "replicas": 2 }',
    });
    expect(document).toMatchObject({
      problems: [],
      document: { value: { service: 'shop', stages: ['deploy'], replicas: 2 } },
    });
  });

  test('that prints is heard, and not where results go', async () => {
    const { document } = await evaluated(
      `${DEFINE}console.log('out'); console.error('err'); process.stdout.write('x'.repeat(1e6));\nexport default defineService({} as never);`,
    );
    expect(document.printed).toMatch(/^out\nx{10,}/);
    expect(document.printed?.length).toBeLessThan(40_000);
    expect(document.document?.value).toEqual({});
  });

  test('is told where its problems are: where defineService was called', async () => {
    const { problems } = await evaluated({
      'shipway.config.ts': "export { default } from './shop.ts';\n",
      'shop.ts': `${DEFINE}\ninterface Unused { readonly a: string }\n\nexport default\n  defineService({ service: 'Shop', deploy: { bake: 5 } } as never);\n`,
    });
    expect(problems.split('\n')).toEqual(
      expect.arrayContaining([
        'shop.ts:6:3 service: "Shop" is no name; try shop',
        'shop.ts:6:3 deploy.bake: 5 has no unit; try 5m or 5h',
      ]),
    );
  });
});

/** Where it is, and what. */
const WRONG: readonly (readonly [what: string, code: string, problem: string])[] = [
  [
    'throws',
    `${DEFINE}const shop: any = undefined;\n\nexport default defineService({ service: shop.name } as any);`,
    `4:46 it throws "TypeError: Cannot read properties of undefined (reading 'name')"; try correcting what fails there`,
  ],
  ['throws no error', "throw 'text';", '1:1 it throws "text"; try correcting what fails there'],
  [
    'throws later',
    'export default new Promise(() => {\n  setTimeout(() => { throw new Error("late"); });\n});',
    '2:28 it throws "Error: late"; try correcting what fails there',
  ],
  [
    'cannot be read',
    "export default {\n  name: 'x' 'y',\n};",
    '2:13 Expected "}" but found "\'y\'"; try correcting it',
  ],
  [
    'exports nothing',
    `${DEFINE}export const shop = defineService({} as any);`,
    '1:1 it has no default export; try export default defineService({ … }), with defineService from shipway',
  ],
  [
    'exports a mapping',
    "export default { service: 'shop' };",
    '1:1 its default export is not what defineService gives; try export default defineService({ … }), with defineService from shipway',
  ],
  [
    'is not plain',
    `${DEFINE}export default defineService({ service: new Date(0) } as any);`,
    '2:16 service: this is an object of the class "Date"; try a text, a number, true or false, a list or a mapping',
  ],
  [
    'waits for ever',
    'await new Promise(() => {});',
    '1:1 it ends without having given a service; try taking out a promise that nobody keeps, or what ends the process',
  ],
  [
    'takes all memory',
    'const all: unknown[] = [];\nfor (;;) all.push(Buffer.alloc(1e8, 1));',
    '2:26 it throws "RangeError: Array buffer allocation failed"; try correcting what fails there',
  ],
  [
    'reads a file',
    "const { readFileSync } = process.getBuiltinModule('fs');\nreadFileSync('/etc/hostname');",
    '2:1 it may read no file and start no program; try importing code or JSON of the repository',
  ],
  [
    'imports a package',
    "import { merge } from 'lodash';\nexport default merge({});",
    '1:23 "lodash" is no file of the repository, and a configuration is made of those and shipway alone; try a relative import, such as ./base.ts',
  ],
  [
    'imports what is not there',
    "import base from './base.ts';\nexport default base;",
    '1:18 "./base.ts" is not there; try correcting the import',
  ],
];

describe('a configuration is refused, and told where, when it', () => {
  test.each(WRONG)('%s', async (_, code, problem) => {
    const { problems } = await evaluated(code);
    expect(problems).toBe(`shipway.config.ts:${problem}`);
  });

  test.each([
    ['loops', 'for (;;);'],
    ['goes on for ever', 'setInterval(() => {}, 10);\nexport default new Promise(() => {});'],
  ])('%s, and is ended', async (_, code) => {
    const { problems } = await evaluated(code, 1000);
    expect(problems).toBe(
      'shipway.config.ts:1:1 it is not done after 1s; try taking out what loops or waits',
    );
  });

  test('imports what is not in its repository', async () => {
    const { problems } = await evaluated({
      'a/shipway.config.ts': "import base from '../../base.ts';\nexport default base;",
    });
    expect(problems).toMatch(/^a\/shipway\.config\.ts:1:18 "\.\.\/\.\.\/base\.ts" leads out of /);
  });

  test('has the environment of whoever calls', async () => {
    vi.stubEnv('SHIPWAY_API_TOKEN', 'planted');
    const { document } = await evaluated(
      `${DEFINE}export default defineService({ service: Object.keys(process.env).join() } as any);`,
    );
    vi.unstubAllEnvs();
    expect(document.document?.value).toEqual({ service: 'PWD' });
  });
});
