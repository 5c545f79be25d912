import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { UsageError } from '../../errors.js';
import { exists, foldersIn } from '../../folders.js';

export const MANIFEST_FILE = 'example.json';

const release = z.strictObject({
  /** The git tag, which is also the release's version. */
  tag: z.string().min(1),
  /** The commit's message and time; both fixed, so an example's commits are the same on every machine. */
  message: z.string().min(1),
  date: z.iso.datetime(),
  /** A folder laid over the release before; the first release is the example's own folder. */
  overlay: z.string().optional(),
  /** How a run that deploys this release after the one before it ends. Absent: nothing is expected, it is where one begins. */
  expect: z.enum(['shipped', 'rolled_back']).optional(),
  /** What its end teaches, for who reads a demo's end. */
  lesson: z.string().min(1).optional(),
});

const manifest = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  /** Who made its commits. */
  author: z.strictObject({ name: z.string().min(1), email: z.string().min(1) }),
  /** Where a demo deploys it. */
  environment: z.string().min(1),
  /** What `deploy` of its configuration says besides, by the routers that it can have instead of its own. */
  routers: z.record(z.string(), z.record(z.string(), z.json())).optional(),
  releases: z.array(release).min(1),
  traffic: z.strictObject({ paths: z.array(z.string().startsWith('/')).min(1) }),
});

export type ExampleRelease = z.infer<typeof release>;
export type ExampleManifest = z.infer<typeof manifest>;
export interface Example {
  readonly folder: string;
  readonly manifest: ExampleManifest;
}

/** The names that `readExample` knows, sorted. */
export async function listExamples(): Promise<readonly string[]> {
  return namesIn(await examplesFolder());
}

/** An example of this package and what a demo shows with it. Fails with `UsageError` listing the known names on any other name. */
export async function readExample(name: string): Promise<Example> {
  const examples = await examplesFolder();
  const known = await namesIn(examples);
  if (!known.includes(name))
    throw new UsageError(
      `there is no example named ${JSON.stringify(name)}`,
      `use one of: ${known.join(', ')}`,
    );
  const folder = join(examples, name);
  return {
    folder,
    manifest: manifest.parse(JSON.parse(await readFile(join(folder, MANIFEST_FILE), 'utf8'))),
  };
}

async function namesIn(examples: string): Promise<readonly string[]> {
  const folders = await foldersIn(examples);
  const found = await Promise.all(folders.map((name) => exists(join(examples, name, MANIFEST_FILE))));
  return folders.filter((_, i) => found[i]).sort();
}

/** `examples/` of this package: beside the nearest package.json above, whether this runs from the sources or from dist/. */
async function examplesFolder(): Promise<string> {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!(await exists(join(folder, 'package.json')))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('this file is not inside its package');
    folder = above;
  }
  const examples = join(folder, 'examples');
  if (await exists(examples)) return examples;
  throw new UsageError(`this installation has no examples: ${examples} is missing`, 'install shipway again');
}
