/** One service in one environment. */
export interface TargetRef {
  readonly service: string;
  readonly environment: string;
}

/** What something is about: one version of it. */
export interface Subject extends TargetRef {
  readonly version: string;
}

/** `service/environment`: unlike that of any other target, because no name has a slash. */
export const targetKey = ({ service, environment }: TargetRef): string => `${service}/${environment}`;

export const pipelineId = (service: string, run: string): string => `pipeline/${service}/${run}`;
export const targetId = (t: TargetRef): string => `target/${t.service}/${t.environment}`;
export const deploymentPrefix = (t: TargetRef): string => `deployment/${t.service}/${t.environment}/`;
export const deploymentId = (t: TargetRef, n: number): string => `${deploymentPrefix(t)}${String(n)}`;

/** Service, run or environment names: lower-case letters, digits and dashes, so that ids and paths need no escaping. */
export const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Versions and run ids: what git allows in a tag that is also safe as one path segment. */
export const VERSION = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/;
/** Tags that are versions, by a pattern: `*` stands for any characters of a version, also for none. */
export const TAGS = /^[A-Za-z0-9*][A-Za-z0-9._+*-]{0,99}$/;
/** Whether a tag is like a pattern, in time that grows with their lengths alone: who writes a pattern need not be trusted. */
export function isTagOf(pattern: string, tag: string): boolean {
  const [first = '', ...parts] = pattern.split(/\*+/);
  const last = parts.pop();
  if (last === undefined) return pattern === tag;
  if (!tag.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = tag.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return tag.length - last.length >= at && tag.endsWith(last);
}
/** A branch by its plain name: git's own rules for one, and nothing that git could take for an option or an expression. */
export const BRANCH = /^(?![-./]|refs\/)(?!.*(\.\.|\/\/|@\{|\.lock$|[./]$))[^\s~^:?*[\]\\]{1,200}$/;

/** In the version of a working tree that was not committed. */
export const DIRTY = '+dirty.';

/**
 * Task queues. `control` has the workflows and the short effects, `watch` the long and cheap waiting,
 * `stage` the users' commands. A provider of one host is reached through that host's own pair.
 */
export const QUEUES = { control: 'control', watch: 'watch', stage: 'stage' } as const;
export interface EffectQueues {
  readonly effects: string;
  readonly watch: string;
}
export const effectQueues = (host?: string): EffectQueues =>
  host === undefined
    ? { effects: QUEUES.control, watch: QUEUES.watch }
    : { effects: `host/${host}`, watch: `host/${host}/watch` };

/** Workflow ids of housekeeping, and of the schedules that start it; a schedule adds its time. */
export const HOUSEKEEPING = {
  schedule: 'shipway-housekeeping',
  drift: 'shipway-drift',
  outbox: 'shipway-outbox',
  now: 'housekeeping/now',
  dryRun: 'housekeeping/dry-run',
  sightings: 'housekeeping/sightings',
} as const;

const RECOVER = 'recover/';
/** The request that puts right what a lost deployment has left, and the deployment that such a request is about. */
export const recoveryRequest = (deployment: string): string => `${RECOVER}${deployment}`;
export const lostOf = (requestId: string): string => requestId.slice(RECOVER.length);
