import { z } from 'zod';
import { policySchema } from './policy-schema.js';
import { reference, type Schema } from './reference.js';
import { serviceSchema } from './service-schema.js';

/** What is generated from the schemas, by path: for editors, and for readers. A test holds the files equal to it. */
export const generated = (): Readonly<Record<string, string>> => ({
  'schema/shipway.schema.json': forEditors(serviceSchema, 'shipway.yaml'),
  'schema/shipway.policy.schema.json': forEditors(policySchema, 'shipway.policy.yaml'),
  'docs/configuration.md': reference(forReaders(serviceSchema), forReaders(policySchema)),
});

type Override = Parameters<NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>>[0];

/** Of what is read in one notation and kept in another, zod leaves these out; ours are in the notation of the file. */
function asWritten({ zodSchema, jsonSchema }: Override): void {
  const about = z.globalRegistry.get(zodSchema);
  for (const word of ['default', 'examples'] as const)
    if (about?.[word] !== undefined) Object.assign(jsonSchema, { [word]: about[word] });
}

const forReaders = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { io: 'input', override: asWritten }) as Schema;

const forEditors = (schema: z.ZodType, title: string): string => {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    override: (context) => {
      asWritten(context);
      // Words of our own, which JSON Schema does not know.
      delete context.jsonSchema['form'];
      delete context.jsonSchema['coming'];
    },
  });
  return `${JSON.stringify({ title, ...json }, null, 2)}\n`;
};
