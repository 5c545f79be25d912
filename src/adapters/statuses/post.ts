import { ShipwayError } from '../../errors.js';
import { postJson, type Posting } from '../post-json.js';

/** Where a provider's API is, and whose word it takes. */
export interface Place {
  readonly api: string;
  readonly token: string;
}

interface Status extends Omit<Posting, 'secrets'> {
  readonly token: string;
  /** A refusal that says that the status is there already. */
  readonly isDone?: (said: string) => boolean;
}

/** One request to a provider; the token stands in no message. */
export async function post({ isDone, token, ...posting }: Status, signal: AbortSignal): Promise<void> {
  const at = new URL(posting.url).host;
  const posted = await postJson({ ...posting, secrets: [token] }, signal);
  if ('silent' in posted)
    throw new ShipwayError('status.unavailable', `${at} does not answer: ${posted.silent}`, {
      cause: posted.cause,
    });
  const { status, said, later } = posted;
  if ((status >= 200 && status < 300) || (status < 500 && isDone?.(said) === true)) return;
  throw new ShipwayError(
    later ? 'status.unavailable' : 'status.refused',
    `${at} answered ${String(status)}: ${said}`,
  );
}
