import type { z } from 'zod';
import type { serviceSchema } from './service-schema.js';

/** A service as `shipway.yaml` has it: the same keys, the same notation of times, shares and sizes. A key that is `undefined` is not there. */
export type ServiceDefinition = z.input<typeof serviceSchema>;

/** By the registry of symbols: the module that defines and the module that asks need not be one copy. */
const DEFINED = Symbol.for('shipway.service');

/** What `defineService` gives, and a `shipway.config.ts` exports as its default. */
export interface DefinedService {
  readonly [DEFINED]: { readonly definition: unknown; readonly stack: string };
}

/**
 * The service of a `shipway.config.ts`, which is to be exported as the default: what is in it is what the same content in `shipway.yaml`
 * would be, to the plan's hash. Checks nothing by itself: `shipway validate` reports every problem.
 */
export const defineService = (definition: ServiceDefinition): DefinedService => ({
  [DEFINED]: { definition, stack: new Error().stack ?? '' },
});

/** What was given to `defineService`, and where; `undefined` for anything that it did not make. */
export const definedIn = (value: unknown): DefinedService[typeof DEFINED] | undefined =>
  typeof value === 'object' && value !== null && DEFINED in value
    ? (value as DefinedService)[DEFINED]
    : undefined;
