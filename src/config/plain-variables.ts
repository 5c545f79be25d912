import type { Problem } from './problem.js';
import { looksSecret, SECRET } from './secrets.js';

/** Variables that a stage finds set. */
export const IN_STAGES = /^SHIPWAY_/;
/** Those of an instance: where it is to listen, too. */
export const IN_INSTANCES = /^(PORT|HOST|SHIPWAY_.*)$/;

export type Say = (keys: readonly PropertyKey[], message: string, suggestion: string) => Problem;

/** What is wrong with variables whose values stand in the file, below `environment`. */
export const plainProblems = (
  environment: Readonly<Record<string, string>>,
  ours: RegExp,
  say: Say,
): Problem[] =>
  Object.entries(environment).flatMap(([key, value]) => {
    if (ours.test(key)) return [say(['environment', key], `${key} is set by shipway`, 'another name')];
    return looksSecret(key, value) ? [say(['environment', key], ...SECRET)] : [];
  });
