import { ShipwayError } from '../../errors.js';
import { postJson, type Posting } from '../post-json.js';

/** How a vendor's answers are to be read. */
interface Reading {
  /** The address is itself a secret, or of the policy: only its host is ever named. */
  readonly taken: (status: number) => boolean;
  /** An answer 500 and above may come after the message was taken. */
  readonly serverErrorsAreUnknown: boolean;
}

/** One request to a vendor, told in the failures of `Notifier`, in which neither the address nor `secrets` stand, whatever the vendor says. */
export async function postNotice(posting: Posting, reading: Reading, signal: AbortSignal): Promise<void> {
  const address = addressOf(posting.url);
  const secrets = [...posting.secrets, posting.url, ...partsOf(address)];
  const posted = await postJson({ ...posting, secrets }, signal);
  if ('silent' in posted)
    throw new ShipwayError(
      posted.mayHaveArrived ? 'notification.unknown' : 'notification.unavailable',
      `${address.host} does not answer: ${posted.silent}`,
    );
  const { status, said, later } = posted;
  if (reading.taken(status)) return;
  const why = `${address.host} answered ${String(status)}: ${said}`;
  if (status >= 500 && reading.serverErrorsAreUnknown) throw new ShipwayError('notification.unknown', why);
  throw new ShipwayError(later ? 'notification.unavailable' : 'notification.refused', why);
}

/** Fails with `notification.refused` when it is no address that HTTP takes, without saying what it is. */
function addressOf(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined || !/^https?:$/.test(address.protocol))
    throw new ShipwayError('notification.refused', 'the credential of the channel is no https address');
  if (address.username !== '' || address.password !== '')
    throw new ShipwayError(
      'notification.refused',
      `the address of the channel at ${address.host} has a user or a password before its host, which is never sent; give it one whose path or query has the secret`,
    );
  return address;
}

const LEAST_PART = 4;
/** What a receiver may repeat of an address. */
function partsOf({ href, pathname, search, searchParams }: URL): readonly string[] {
  const parts = [...pathname.split('/'), ...searchParams.values()];
  return [href, pathname + search, pathname, search, ...parts, ...parts.map(decoded)].filter(
    (part) => part.length >= LEAST_PART,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
