import type { Subject } from './ids.js';
import type { Severity } from './notification.js';
import type { Person } from './statement.js';
import type { DeploymentRow } from './store.js';

/** How bad an incident is, as whoever declares it says. */
export const INCIDENT_SEVERITIES = ['critical', 'error', 'warning'] as const satisfies readonly Severity[];
export type IncidentSeverity = (typeof INCIDENT_SEVERITIES)[number];

/** A rollback that a person declares to be an emergency. */
export interface Emergency {
  readonly severity: IncidentSeverity;
}

const EMERGENCY = 'emergency/';
/** What is asked for when an emergency is declared after this deployment, or while it runs. Who asks for it twice asks for the same. */
export const incidentOf = (deployment: string): string => `${EMERGENCY}${deployment}`;
/** A request to go back that was made by declaring an emergency. */
export const isEmergency = (requestId: string): boolean => requestId.startsWith(EMERGENCY);

/**
 * What an incident is known by, of a target's deployments, newest first: the last change forward before it was declared. What has gone
 * back since, whoever asked for it and however it ended, and what put right a lost deployment belong to that change: there is one
 * incident of it, however often an emergency is declared.
 */
export function incidentAmong(
  declared: string,
  newestFirst: readonly Pick<DeploymentRow, 'id' | 'n' | 'kind'>[],
): string {
  const last = Number(/\/(\d+)$/.exec(declared)?.[1]);
  const change = newestFirst.find(({ n, kind }) => n <= last && kind === 'deploy');
  return change === undefined ? declared : incidentOf(change.id);
}

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
