import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { HookProvider } from '../domain/trigger.js';
import { sameSecret } from '../same-secret.js';

/** What is verified: the bytes as they came, before anything reads them. */
export interface Signed {
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
  /** Epoch ms. */
  readonly now: number;
}

/** Whether a request was made by someone who knows the secret, as its provider says that. Every comparison takes the same time. */
export function isSigned(provider: HookProvider, signed: Signed, secret: string): boolean {
  if (secret === '') return false;
  switch (provider) {
    case 'github':
      return sameSecret(
        header(signed, 'x-hub-signature-256'),
        `sha256=${hmac(secret, [signed.body], 'hex')}`,
      );
    case 'gitlab':
      return secret.startsWith(SIGNING)
        ? isStandard(signed, secret)
        : sameSecret(header(signed, 'x-gitlab-token'), secret);
  }
}

/** GitLab's signing tokens, which are those of Standard Webhooks; any other secret is the plain token of its older way. */
const SIGNING = 'whsec_';
const TOLERANCE_S = 5 * 60;
/** A shorter one is guessed, and what is no base64 has none at all. */
const LEAST_KEY = 16;

function isStandard(signed: Signed, secret: string): boolean {
  const [id, timestamp] = ['webhook-id', 'webhook-timestamp'].map((name) => header(signed, name) ?? '');
  const age = Math.abs(signed.now / 1_000 - Number(timestamp));
  if (!/^\d{1,12}$/.test(timestamp ?? '') || age > TOLERANCE_S) return false;
  const key = Buffer.from(secret.slice(SIGNING.length), 'base64');
  if (key.length < LEAST_KEY) return false;
  const wanted = `v1,${hmac(key, [`${id ?? ''}.${timestamp ?? ''}.`, signed.body], 'base64')}`;
  // Several while a token is being replaced.
  return (header(signed, 'webhook-signature') ?? '')
    .split(' ')
    .map((one) => sameSecret(one, wanted))
    .includes(true);
}

function hmac(
  key: string | Uint8Array,
  parts: readonly (string | Uint8Array)[],
  as: 'hex' | 'base64',
): string {
  const sum = createHmac('sha256', key);
  for (const part of parts) sum.update(part);
  return sum.digest(as);
}

function header({ headers }: Signed, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
