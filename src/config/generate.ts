import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../paths.js';
import { policySchema } from './policy-schema.js';
import { reference } from './reference.js';
import { serviceSchema } from './service-schema.js';

const schemaOf = (schema: z.ZodType, title: string): string =>
  `${JSON.stringify({ title, ...z.toJSONSchema(schema, { io: 'input' }) }, null, 2)}\n`;

/** What is generated from the schemas, by path: for editors, and for readers. A test holds the files equal to it. */
export const generated = (): Readonly<Record<string, string>> => ({
  'schema/shipway.schema.json': schemaOf(serviceSchema, 'shipway.yaml'),
  'schema/shipway.policy.schema.json': schemaOf(policySchema, 'shipway.policy.yaml'),
  'docs/configuration.md': reference([
    ['shipway.yaml', z.toJSONSchema(serviceSchema, { io: 'input' })],
    ['shipway.policy.yaml', z.toJSONSchema(policySchema, { io: 'input' })],
  ]),
});

export async function generate(): Promise<void> {
  for (const [path, text] of Object.entries(generated())) {
    await mkdir(dirname(join(packageRoot(), path)), { recursive: true });
    await writeFile(join(packageRoot(), path), text);
  }
}
