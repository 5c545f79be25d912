import { UsageError, whyOf } from '../errors.js';

export type Say = (line: string) => void;

/** One way to get a server: its name for people, and the path it gives, or a failure that says why not. */
export interface Way {
  readonly name: string;
  readonly get: () => Promise<string>;
}

/** Tries the ways in order. When none works, one error lists what was tried, why each failed, and what to do. */
export async function firstThatWorks(what: string, ways: readonly Way[], next: string): Promise<string> {
  const tried: string[] = [];
  for (const { name, get } of ways) {
    try {
      return await get();
    } catch (error) {
      const why = whyOf(error);
      tried.push(`  - ${name}: ${why.split('\n')[0] ?? why}`);
    }
  }
  throw new UsageError(`there is no ${what}. Tried:\n${tried.join('\n')}`, next);
}
