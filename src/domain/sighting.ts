/** What one worker sees of the world that all of them share. */
export interface Sighting {
  readonly queue: string;
  /** Absent: nobody took the question in time. */
  readonly worker?: string;
  /** `seen`: it finds in the artifact store what a control worker has just put there; else why not. */
  readonly artifact?: string;
  /** How far its clock is before Temporal's, with the time that the question has waited. */
  readonly aheadMs?: number;
  /** `answers`, or why the router of its host does not. */
  readonly router?: string;
  /** The same of where the instances of its host look for flags. */
  readonly flags?: string;
  /** The same of what the policy places for the environments of its host's targets, by name. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  /** The hash of its own policy file, or what is wrong with that; of control workers. */
  readonly policy?: string;
  /** Channels to people whose credential it has not, a line each; of control workers, where the policy has a channel. */
  readonly channels?: readonly string[];
}
