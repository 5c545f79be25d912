import { redactorOf } from '../redacted.js';
import { within } from '../within.js';

const ANSWER_MS = 15_000;
const MOST_READ = 1_024;
const MOST_SAID = 300;

export interface Posting {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
  /** In nothing that is told of the answer, should it repeat them. */
  readonly secrets: readonly string[];
}
/** What came of a request: an answer, or none, with whether it may have been taken all the same. */
export type Posted =
  | { readonly status: number; readonly said: string; readonly later: boolean }
  | { readonly silent: string; readonly cause: unknown; readonly mayHaveArrived: boolean };

/**
 * One request with a JSON body, and its answer, whatever that is, of which the beginning is read. No redirect is followed: what the request
 * carries is for that address only. Says nothing of the address. Throws only when `signal` ends it.
 */
export async function postJson(
  { url, headers, body, secrets }: Posting,
  signal: AbortSignal,
): Promise<Posted> {
  try {
    return await within(ANSWER_MS, signal, async (ending) => {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'shipway' },
        body: JSON.stringify(body),
        redirect: 'manual',
        signal: ending,
      });
      const said = beginningOf(await readOf(answer), secrets);
      const { status } = answer;
      return { status, said, later: status >= 500 || status === 429 || answer.headers.has('retry-after') };
    });
  } catch (error) {
    signal.throwIfAborted();
    return { ...silenceOf(error), cause: error };
  }
}

/** At most so much of an answer, then it is cut off; that it breaks off by itself does not change its status. */
async function readOf({ body }: Response): Promise<Buffer> {
  const read: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
      read.push(chunk);
      length += chunk.length;
      if (length >= MOST_READ) break;
    }
  } catch {
    // What has come is said.
  }
  return Buffer.concat(read).subarray(0, MOST_READ);
}

function beginningOf(read: Buffer, secrets: readonly string[]): string {
  const redactor = redactorOf(secrets);
  const said = redactor.text(read.toString('utf8'));
  // Where it is cut off may be the beginning of a secret.
  const whole = read.length < MOST_READ ? said : said.slice(0, -redactor.longest || undefined);
  return whole.slice(0, MOST_SAID);
}

/** Codes of what ends a request before anything of it has been sent. */
const BEFORE =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_INVALID_\w+|ERR_TLS_\w+|\w*CERT\w*|\w*SIGNATURE\w*)$/;

/** Never in the words of the error: of what could not be sent they are the address itself, with what is in it. */
function silenceOf(error: unknown): { readonly silent: string; readonly mayHaveArrived: boolean } {
  const { cause, name } = error as { cause?: { code?: unknown }; name?: unknown };
  if (typeof cause?.code === 'string')
    return { silent: cause.code, mayHaveArrived: !BEFORE.test(cause.code) };
  return name === 'TimeoutError'
    ? { silent: `nothing within ${String(ANSWER_MS / 1_000)} s`, mayHaveArrived: true }
    : { silent: 'the request broke off', mayHaveArrived: cause !== undefined };
}
