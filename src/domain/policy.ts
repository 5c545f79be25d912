import { DEFAULT_RETENTION, type Retention } from './retention.js';
import type { Notifications, Notify } from './notification.js';
import type { Plan } from './plan.js';
import type { Person } from './statement.js';
import type { CredentialRef, Repository } from './trigger.js';

/** What a policy may require of every release: kinds of evidence by the keys of the policy. */
export const REQUIRABLE = { security_scan: 'scan', performance_test: 'performance_test' } as const;
/** Or `own:NAME`: what a stage kind of a user's own answers. */
export type RequiredEvidence = keyof typeof REQUIRABLE | `own:${string}`;

/** Whether something is of the kind that is required: of an own one, what uses it. */
export const isRequired = (
  required: RequiredEvidence,
  { kind, uses }: { readonly kind: string; readonly uses?: string },
): boolean => (isBuiltIn(required) ? kind === REQUIRABLE[required] : kind === 'own' && uses === required);
const isBuiltIn = (required: RequiredEvidence): required is keyof typeof REQUIRABLE =>
  Object.hasOwn(REQUIRABLE, required);

export interface ApprovalPolicy {
  readonly requiredApprovals: number;
  readonly expiresAfterMs: number;
  readonly selfApproval: boolean;
  /** What becomes of a run whose approved decision changed before its turn came. */
  readonly onBaseChanged: 'ask_again' | 'fail';
  /** Evidence that a release must have, and that must have passed; absent: none. */
  readonly requires?: readonly RequiredEvidence[];
}
export interface EnvironmentPolicy {
  /** `signed` is refused at load until statements can be signed. */
  readonly identity: 'asserted';
  readonly approvals: ApprovalPolicy;
  /** Who is told what; absent: nobody. */
  readonly notify?: Notify;
  /** Where the HAProxy is that serves it: the socket of its master process, and the folder that it loads. */
  readonly haproxy?: { readonly folder: string; readonly socket: string };
  /** Where the nginx is that serves it: the folder that it includes, its port for shipway, and what tests and reloads it. */
  readonly nginx?: { readonly folder: string; readonly port: number; readonly command: readonly string[] };
  readonly prometheus?: PrometheusPlace;
  /** Routers that are gone for good: a target that one of them served beside another is served by that alone. Absent: none. */
  readonly goneRouters?: readonly string[];
}
export interface PrometheusPlace {
  readonly url: string;
  /** What it asks for: a token, or `user:password`. */
  readonly credential?: CredentialRef;
  /** What was scraped longer ago says nothing. */
  readonly staleAfterMs: number;
}
/** The organisation's rules, read by the workers; never taken from a client. */
export interface Policy {
  readonly environments: Readonly<Record<string, EnvironmentPolicy>>;
  /** Absent in a policy that says nothing of it: the defaults. */
  readonly retention?: Retention;
  /** What triggers may fetch, by service; absent: nothing. */
  readonly repositories?: Readonly<Record<string, Repository>>;
  /** Where people are told; absent: nowhere. */
  readonly notifications?: Notifications;
}
/** That of the policy which was published, or of none. */
export const retentionIn = (row: { readonly text: string } | undefined): Retention =>
  row === undefined ? DEFAULT_RETENTION : retentionOf(JSON.parse(row.text) as Policy);
export const retentionOf = ({ retention }: Policy): Retention => retention ?? DEFAULT_RETENTION;

/** Who may not approve a run that `requestedBy` asked for: nor its commit's author, nor who had a machine ask. */
export function barredFrom(
  policy: ApprovalPolicy,
  requestedBy: Person,
  { author, askedBy = [] }: Pick<Plan, 'author' | 'askedBy'>,
): readonly Person[] {
  if (policy.selfApproval) return [];
  return [...new Set([requestedBy, ...[author, ...askedBy].flatMap((name) => [name, localPart(name)])])];
}
const localPart = (email: string): string => email.split('@')[0] ?? email;
