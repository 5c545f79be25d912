const ANSWER_MS = 15_000;
const MOST_SAID = 300;

export interface Posting {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}
/** What came of a request: an answer, or none, with whether it may have been taken all the same. */
export type Posted =
  | { readonly status: number; readonly said: string; readonly later: boolean }
  | { readonly silent: string; readonly cause: unknown; readonly mayHaveArrived: boolean };

/**
 * One request with a JSON body, and its answer, whatever that is. No redirect is followed: what the request carries is for that address
 * only. Says nothing of the address but its host. Throws only when `signal` ends it.
 */
export async function postJson({ url, headers, body }: Posting, signal: AbortSignal): Promise<Posted> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'shipway' },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    const said = (await answer.text().catch(() => '')).slice(0, MOST_SAID);
    const { status } = answer;
    return { status, said, later: status >= 500 || status === 429 || answer.headers.has('retry-after') };
  } catch (error) {
    signal.throwIfAborted();
    const code = codeOf(error);
    return { silent: code ?? String(error), cause: error, mayHaveArrived: !BEFORE.test(code ?? '') };
  }
}

/** Codes of what ends a request before anything of it has been sent. */
const BEFORE =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_\w+|\w*CERT\w*|\w*SIGNATURE\w*)$/;

function codeOf(error: unknown): string | undefined {
  const { cause } = error as { cause?: { code?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : undefined;
}
