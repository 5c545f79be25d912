import type { Subject } from './ids.js';
import type { Severity } from './notification.js';
import type { Person } from './statement.js';

/** How bad an incident is, as whoever declares it says. */
export const INCIDENT_SEVERITIES = ['critical', 'error', 'warning'] as const satisfies readonly Severity[];
export type IncidentSeverity = (typeof INCIDENT_SEVERITIES)[number];

/** A rollback that a person declares to be an emergency. */
export interface Emergency {
  readonly severity: IncidentSeverity;
}

/** What an incident is known by: the change it takes back. Who declares it twice declares the same one, and takes back the same change. */
export const incidentOf = (deployment: string): string => `emergency/${deployment}`;

/** The record of an incident, as the audit keeps it; its timeline are the audit's entries about its target. */
export interface Incident extends Subject {
  readonly id: string;
  readonly severity: IncidentSeverity;
  readonly by: Person;
  readonly reason: string;
}
export const INCIDENT_OPENED = 'incident.opened';
export const INCIDENT_VERIFIED = 'incident.verified';

/** What was found of a target after it was put back: what it serves, and everything that is not well. */
export interface Verification {
  /** `nothing` where nothing is live. */
  readonly serves: string;
  /** Empty: all users are with what is live, all of it runs, and it answers its smoke test and health checks. */
  readonly unwell: readonly string[];
}
/** The same as the audit keeps it. */
export interface Verified extends Verification {
  /** The incident's id. */
  readonly incident: string;
  readonly ok: boolean;
}
