import { open } from 'node:fs/promises';
import type { CredentialRef } from '../domain/trigger.js';
import { ShipwayError } from '../errors.js';

const MOST_BYTES = 4_096;

/**
 * What a reference of the policy stands for on this worker, read anew each time, so that a file may be replaced. Fails with
 * `credential.missing`, which names the reference.
 */
export async function credential(ref: CredentialRef, env: NodeJS.ProcessEnv): Promise<string> {
  const value = ref.startsWith('/') ? await contentOf(ref) : env[ref];
  const text = value?.trim() ?? '';
  if (text !== '' && !/\p{Cc}/u.test(text)) return text;
  throw new ShipwayError(
    'credential.missing',
    text === '' ? `${ref} is not there, or is empty` : `${ref} has control characters in it`,
  );
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
