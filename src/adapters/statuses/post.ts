import { ShipwayError } from '../../errors.js';

const ANSWER_MS = 15_000;
const MOST_SAID = 300;

/** Where a provider's API is, and whose word it takes. */
export interface Place {
  readonly api: string;
  readonly token: string;
}

interface Posting {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
  /** A refusal that says that the status is there already. */
  readonly isDone?: (said: string) => boolean;
}

/** One request to a provider. No redirect is followed: the token is for that address only, and stands in no message. */
export async function post({ url, headers, body, isDone }: Posting, signal: AbortSignal): Promise<void> {
  const at = new URL(url).host;
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'shipway' },
    body: JSON.stringify(body),
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new ShipwayError('status.unavailable', `${at} does not answer: ${String(error)}`, { cause: error });
  });
  const said = (await answer.text().catch(() => '')).slice(0, MOST_SAID);
  if (answer.ok || (answer.status < 500 && isDone?.(said) === true)) return;
  const later = answer.status >= 500 || answer.status === 429 || answer.headers.has('retry-after');
  throw new ShipwayError(
    later ? 'status.unavailable' : 'status.refused',
    `${at} answered ${String(answer.status)}: ${said}`,
  );
}
