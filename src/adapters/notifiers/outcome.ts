import { ShipwayError } from '../../errors.js';
import { postJson, type Posting } from '../post-json.js';

/** How a vendor's answers are to be read. */
interface Reading {
  /** The address is itself a secret, or of the policy: only its host is ever named. */
  readonly taken: (status: number) => boolean;
  /** An answer 500 and above may come after the message was taken. */
  readonly serverErrorsAreUnknown: boolean;
}

/** One request to a vendor, told in the failures of `Notifier`. */
export async function postNotice(posting: Posting, reading: Reading, signal: AbortSignal): Promise<void> {
  const at = hostOf(posting.url);
  const posted = await postJson(posting, signal);
  if ('silent' in posted)
    throw new ShipwayError(
      posted.mayHaveArrived ? 'notification.unknown' : 'notification.unavailable',
      `${at} does not answer: ${posted.silent}`,
    );
  const { status, said, later } = posted;
  if (reading.taken(status)) return;
  const why = `${at} answered ${String(status)}: ${said}`;
  if (status >= 500 && reading.serverErrorsAreUnknown) throw new ShipwayError('notification.unknown', why);
  throw new ShipwayError(later ? 'notification.unavailable' : 'notification.refused', why);
}

/** Fails with `notification.refused` when it is no address of HTTP, without saying what it is. */
function hostOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && /^https?:$/.test(parsed.protocol)) return parsed.host;
  throw new ShipwayError('notification.refused', 'the credential of the channel is no https address');
}
