import type { Person } from './statement.js';

/** What a policy may require of every release: kinds of evidence by the keys of the policy. */
export const REQUIRABLE = { security_scan: 'scan', performance_test: 'performance_test' } as const;
export type RequiredEvidence = keyof typeof REQUIRABLE;

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
}
/** The organisation's rules, read by the workers; never taken from a client. */
export interface Policy {
  readonly environments: Readonly<Record<string, EnvironmentPolicy>>;
}

/** Who may not approve a run that `requestedBy` asked for and `author` wrote. */
export function barredFrom(policy: ApprovalPolicy, requestedBy: Person, author: string): readonly Person[] {
  return policy.selfApproval ? [] : [...new Set([requestedBy, author, localPart(author)])];
}
const localPart = (email: string): string => email.split('@')[0] ?? email;
