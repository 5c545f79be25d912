import { clipped } from '../src/domain/cut.js';
import { whyOf } from '../src/errors.js';

/** What was thrown, in words: as many as may be handed on with evidence, as it may quote what a stranger answered. */
export const sayOf = (error: unknown): string => clipped(whyOf(error));
