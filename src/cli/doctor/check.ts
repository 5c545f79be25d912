import { failureOf } from '../failure.js';

export interface Check {
  readonly name: string;
  /** `short`: it works, and will not for long or not as somebody expects. `unknown`: nobody could say. */
  readonly state: 'ok' | 'short' | 'fail' | 'unknown';
  readonly detail: string;
  /** What to do; absent when all is well. */
  readonly next?: string;
}

export const well = (name: string, detail: string): Check => ({ name, state: 'ok', detail });
export const short = (name: string, detail: string, next: string): Check => ({
  name,
  state: 'short',
  detail,
  next,
});
export const unknown = (name: string, detail: string, next: string): Check => ({
  name,
  state: 'unknown',
  detail,
  next,
});
export const bad = (name: string, detail: string, next: string): Check => ({
  name,
  state: 'fail',
  detail,
  next,
});

/** Checks that need something which may not be there: then that is the check. */
export async function attempt(
  name: string,
  body: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    return await body();
  } catch (error) {
    const { message, why, next } = failureOf(error);
    return [bad(name, why === undefined ? message : `${message} (${why})`, next)];
  }
}
