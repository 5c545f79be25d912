/** For a `catch`: what is not there is `undefined`; any other failure, such as a disk that cannot be read, stays one. */
export function ifGone(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw error;
}
