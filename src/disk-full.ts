import { ShipwayError } from './errors.js';

const FULL = ['ENOSPC', 'EDQUOT'];

/** What a full disk said, as a failure with where that is (`of the artifact store in /srv/artifacts`); anything else as it is. */
export function orDiskFull(error: unknown, where: string): unknown {
  if (!(error instanceof Error) || !FULL.includes((error as NodeJS.ErrnoException).code ?? '')) return error;
  return new ShipwayError('disk.full', `there is no room on the disk ${where}: ${error.message}`, {
    cause: error,
  });
}
