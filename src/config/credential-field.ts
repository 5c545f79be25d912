import { z } from 'zod';
import { wrong, type About } from './fields.js';

/**
 * A worker's own credential: never itself, always where it is. Names have a prefix of what they are for, so that nothing else of a worker
 * can be named.
 */
export const credential = (prefix: string, about: About) =>
  z
    .string()
    .regex(new RegExp(`^(?:${prefix}[A-Z0-9_]{1,80}|\\/[^\\0\\s]{1,500})$`), {
      // Whoever has put the secret itself here is not to find it in a log.
      error: () =>
        wrong(
          `it is no name of a variable ${prefix}… and no absolute path of a file`,
          `${String(about.examples?.[0])}, with the secret in that variable of the workers`,
        ),
    })
    .meta({ ...about, form: 'variable or path' });
