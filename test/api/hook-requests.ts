import { createHmac } from 'node:crypto';

/** Requests as GitHub and GitLab document them, with a body of ours. */
export interface Sent {
  readonly headers: Record<string, string>;
  readonly body: string;
}
export const BEFORE = '1'.repeat(40);
export const AFTER = '2'.repeat(40);

export const githubPush = (more: object = {}): object => ({
  ref: 'refs/heads/main',
  before: BEFORE,
  after: AFTER,
  repository: { full_name: 'acme/lamp' },
  pusher: { name: 'ann', email: 'ann@acme.example' },
  sender: { login: 'ann' },
  ...more,
});
export function fromGithub(
  secret: string,
  payload: object,
  { event = 'push', delivery = '72d3162e-cc78-11e3-81ab-4c9367dc0958' } = {},
): Sent {
  const body = JSON.stringify(payload);
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': delivery,
      'x-hub-signature-256': `sha256=${signature}`,
    },
  };
}

export const gitlabPush = (more: object = {}): object => ({
  object_kind: 'push',
  ref: 'refs/heads/main',
  before: BEFORE,
  after: AFTER,
  user_username: 'ann',
  user_name: 'Ann Example',
  user_email: 'ann@acme.example',
  project: { path_with_namespace: 'acme/group/lamp' },
  ...more,
});
/** With a signing token, `whsec_…`, or the plain secret of before. */
export function fromGitlab(
  secret: string,
  payload: object,
  { event = 'Push Hook', id = 'f7f5b9a0', at = Date.now() } = {},
): Sent {
  const body = JSON.stringify(payload);
  const timestamp = String(Math.floor(at / 1_000));
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-gitlab-event': event,
      'idempotency-key': id,
      ...(secret.startsWith('whsec_')
        ? { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
        : { 'x-gitlab-token': secret }),
    },
  };
}
