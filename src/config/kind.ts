import { basename } from 'node:path';
import { meantKey } from './alternative.js';
import type { ParsedDocument } from './document.js';
import { isCode } from './is-code.js';
import { keysAt } from './known-keys.js';
import { serviceSchema } from './service-schema.js';

const NAMED = /^shipway\.ya?ml$|policy\.ya?ml$/;
/** The keys of a service that a policy has not. */
const OF_SERVICE = keysAt(serviceSchema, []).filter((key) => key !== 'environments');

/** Whether a file is a policy: by its name, else by what is in it, which is environments and nothing that a service has. */
export function isPolicy(file: string, { document }: ParsedDocument): boolean {
  if (isCode(file)) return false;
  const name = basename(file);
  if (NAMED.test(name)) return name.includes('policy');
  const { value } = document ?? {};
  if (typeof value !== 'object' || value === null || !('environments' in value)) return false;
  return Object.keys(value).every((key) => meantKey(key, OF_SERVICE) === undefined);
}
