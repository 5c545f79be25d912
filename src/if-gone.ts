/** For a `catch`: what is not there is `undefined`; any other failure, such as a disk that cannot be read, stays one. */
export function ifGone(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw error;
}

/** For a `catch` around a path's links: the same, and links that lead round in a circle end nowhere too. */
export const ifNowhere = (error: unknown): undefined =>
  (error as NodeJS.ErrnoException).code === 'ELOOP' ? undefined : ifGone(error);
