import type { IncomingHttpHeaders } from 'node:http';

/** Fields that speak about one connection and end at it (RFC 9110, 7.6.1), besides those that `Connection` names. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
] as const;

export interface Received {
  /** The `Host` that the user asked for. */
  readonly host: string | undefined;
  readonly ip: string;
  readonly httpVersion: string;
}

/**
 * The fields that go to a member. It sees the user's own `Host`. `X-Forwarded-For` grows by the address that asked; `-Proto` and `-Host` of
 * a proxy before this one are kept. `Expect` has been answered already.
 */
export function requestHeaders(
  headers: IncomingHttpHeaders,
  { host, ip, httpVersion }: Received,
): IncomingHttpHeaders {
  const kept = endToEnd(headers);
  delete kept['expect'];
  const before = kept['x-forwarded-for'];
  const via = kept['via'];
  return {
    ...kept,
    ...(host !== undefined && { host }),
    'x-forwarded-for': before === undefined ? ip : `${String(before)}, ${ip}`,
    'x-forwarded-proto': kept['x-forwarded-proto'] ?? 'http',
    ...(host !== undefined && { 'x-forwarded-host': kept['x-forwarded-host'] ?? host }),
    via: `${via === undefined ? '' : `${via}, `}${httpVersion} shipway`,
  };
}

/** The fields that go back to the user, with the gateway's cookie when there is one to set. */
export function responseHeaders(
  headers: IncomingHttpHeaders,
  setCookie: string | undefined,
): IncomingHttpHeaders {
  const kept = endToEnd(headers);
  if (setCookie === undefined) return kept;
  return { ...kept, 'set-cookie': [...[kept['set-cookie'] ?? []].flat(), setCookie] };
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const kept = { ...headers };
  for (const name of [...HOP_BY_HOP, ...named]) delete kept[name];
  return kept;
}
