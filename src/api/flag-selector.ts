import { createHmac } from 'node:crypto';
import { NAME, targetKey, type TargetRef } from '../domain/ids.js';
import { sameSecret } from '../same-secret.js';

/**
 * What says whose flags are wanted, as flagd's providers are told it. They can send nothing else, so the token is a part of it; the one
 * that is made of `secret` is good for that target alone.
 */
export const selectorOf = (target: TargetRef, secret: string | undefined): string =>
  secret === undefined ? targetKey(target) : `${targetKey(target)},token=${tokenOf(target, secret)}`;

const tokenOf = (target: TargetRef, secret: string): string =>
  createHmac('sha256', secret).update(targetKey(target)).digest('hex');

/** The target that a selector names, or what is wrong with it. */
export function selected(selector: string, secret: string | undefined): TargetRef | 'unnamed' | 'barred' {
  const [, service = '', environment = '', token = ''] =
    /^([^/,]+)\/([^/,]+)(?:,token=([0-9a-f]{64}))?$/.exec(selector) ?? [];
  if (!NAME.test(service) || !NAME.test(environment)) return 'unnamed';
  const target = { service, environment };
  return secret === undefined || sameSecret(token, tokenOf(target, secret)) ? target : 'barred';
}
