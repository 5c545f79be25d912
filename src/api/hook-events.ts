import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { HookProvider, Named, Push } from '../domain/trigger.js';

/** What a verified request says: a push of a repository to a branch or a tag, or why it starts nothing. */
export type Heard =
  | { readonly kind: 'push'; readonly project: string; readonly push: Push }
  | { readonly kind: 'ignored'; readonly project?: string; readonly reason: string };

const commit = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'it is no commit id');
const person = z.string().regex(/^[^\p{C}]{1,100}$/u, 'it is no name');
const named = z.string().max(200).nullish();
const step = { ref: z.string().max(500), before: commit, after: commit };

const github = z.object({
  ...step,
  repository: z.object({ full_name: z.string().max(500) }),
  pusher: z.object({ name: person, email: named }),
  sender: z.object({ login: named }).nullish(),
});
/** A tag’s has the login as a branch’s has, which the sample in the documentation leaves out: who is only a name chose it, and may not be believed. */
const gitlab = z.object({
  ...step,
  project: z.object({ path_with_namespace: z.string().max(500) }),
  user_username: person,
  user_name: named,
  user_email: named,
});

const EVENT: Readonly<Record<HookProvider, { readonly header: string; readonly pushes: readonly string[] }>> =
  {
    github: { header: 'x-github-event', pushes: ['push'] },
    gitlab: { header: 'x-gitlab-event', pushes: ['Push Hook', 'Tag Push Hook'] },
  };

/** Fails with a `ZodError` for a push that is not as its provider documents it, and with a `SyntaxError` for what is no JSON. */
export function heard(provider: HookProvider, headers: IncomingHttpHeaders, body: Uint8Array): Heard {
  const { header, pushes } = EVENT[provider];
  const event = String(headers[header] ?? '');
  if (!pushes.includes(event))
    return { kind: 'ignored', reason: `only pushes start runs, and this is ${event || 'no event'}` };
  const json: unknown = JSON.parse(Buffer.from(body).toString());
  return provider === 'github' ? ofGithub(github.parse(json)) : ofGitlab(gitlab.parse(json));
}

const ofGithub = ({ repository, pusher, sender, ...rest }: z.output<typeof github>): Heard =>
  pushOf(repository.full_name, rest, [pusher.name, sender?.login, pusher.email]);

const ofGitlab = ({
  project,
  user_username,
  user_name,
  user_email,
  ...rest
}: z.output<typeof gitlab>): Heard =>
  pushOf(project.path_with_namespace, rest, [user_username, user_name, user_email]);

const NOTHING = /^0+$/;

function pushOf(
  project: string,
  { ref, before, after }: { readonly ref: string; readonly before: string; readonly after: string },
  [pusher, ...others]: readonly [string, ...(string | null | undefined)[]],
): Heard {
  const ignored = (reason: string): Heard => ({ kind: 'ignored', project, reason });
  const [, kind, name = ''] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? [];
  if (kind === undefined) return ignored(`${ref} is no branch and no tag`);
  if (NOTHING.test(after)) return ignored(`${name} was deleted`);
  // A version stays what it is.
  if (kind === 'tags' && !NOTHING.test(before))
    return ignored(`${name} was moved, and a version stays what it is`);
  const named: Named = kind === 'tags' ? { tag: name } : { branch: name };
  const alsoKnownAs = others.filter((other) => typeof other === 'string' && other !== '' && other !== pusher);
  return {
    kind: 'push',
    project,
    push: { ...named, before, after, pusher, alsoKnownAs: alsoKnownAs as string[] },
  };
}

/** What the provider calls this delivery; for people who look for it there, and nothing goes by it: nobody signs it. */
export function deliveryOf(provider: HookProvider, headers: IncomingHttpHeaders): string {
  const names =
    provider === 'github' ? ['x-github-delivery'] : ['idempotency-key', 'webhook-id', 'x-gitlab-event-uuid'];
  const said = names.map((name) => headers[name]).find((value) => typeof value === 'string');
  return typeof said === 'string' && /^[\w.:-]{1,100}$/.test(said) ? said : 'unnamed';
}
