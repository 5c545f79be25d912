import { utimes } from 'node:fs/promises';
import { exclusive } from './exclusive.js';
import { ifGone } from './if-gone.js';

/** Whether it is there; if so it counts as used now. */
export async function touched(path: string): Promise<boolean> {
  const now = new Date();
  return (await utimes(path, now, now).then(() => true, ifGone)) === true;
}

/** The same, told under the lock under which what is old is taken away: who is told that it is there has it for a while. */
export const takenForUse = (path: string): Promise<boolean> =>
  exclusive(path, undefined, () => touched(path));
