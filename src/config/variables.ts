import { z } from 'zod';
import { wrong } from './fields.js';
import { shown } from './shown.js';

export const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, {
  error: ({ input }) =>
    wrong(
      `${shown(input)} is no name of a variable`,
      String(input)
        .replace(/[^A-Za-z0-9_]/g, '_')
        .replace(/^(?=\d)/, '_') || 'letters, digits and _',
    ),
});

/** Plain environment variables. A reference to a secret is told apart, so that nobody writes the secret instead. */
export const environmentVariables = z
  .record(
    variableName,
    z.string({
      error: ({ input }) =>
        typeof input === 'object' && input !== null && !Array.isArray(input)
          ? wrong(
              'a variable is a text, and references to secrets are not available yet',
              'a plain value, and never the secret itself',
            )
          : undefined,
    }),
  )
  .meta({
    description: 'environment variables as plain texts; never a secret, and none that begins with `SHIPWAY_`',
    examples: [{ LOG_LEVEL: 'info' }],
  });
