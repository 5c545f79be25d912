/** Names of the messages that workflows take; definitions with these names are in workflows/messages.ts. */
export const MESSAGES = {
  /** Update (answers) and signal (fire and forget) on pipeline, deployment and target; argument: Statement. */
  approve: 'approve',
  reject: 'reject',
  /** Update on a pipeline; argument: Statement with verb `abort`. */
  abort: 'abort',
  /** Updates on a deployment; argument: Statement with that verb. */
  pause: 'pause',
  promote: 'promote',
  skip: 'skip',
  /** Update on a target; argument: RollbackRequest. Answers TargetAnswer. */
  rollback: 'rollback',
  /** Update on a target; argument: AdoptRequest. Answers Accepted. */
  adopt: 'adopt',
  /** Update on a target; argument: DeployRequest. Answers TargetAnswer. Repeats are answered alike. */
  request: 'request',
  /** Update on a target: a request is taken back, and what runs of it goes back. Argument: Withdrawal. */
  withdraw: 'withdraw',
  /** Signal target → deployment: go back. Argument: GoBack. */
  goBack: 'goBack',
  /** Signal, hint target → deployment: who waits for the end of its bake has changed. */
  queueChanged: 'queueChanged',
  /** Signal, hint housekeeping → target: its record says something else of the world. */
  lookedAt: 'lookedAt',
  /** Signal, hint target → pipeline: the answer to a request has changed; ask. Argument: { requestId }. */
  outcome: 'outcome',
  /** Query: the view, as in the memo. */
  view: 'view',
} as const;

export interface Accepted {
  readonly status: 'accepted' | 'refused';
  readonly message: string;
}

export const MEMO_VIEW = 'view';

/** Typed search attributes, registered at start-up. */
export const SEARCH_ATTRIBUTES = {
  ShipwayService: 'Keyword',
  ShipwayEnvironment: 'Keyword',
  ShipwayVersion: 'Keyword',
  ShipwayOutcome: 'Keyword',
  ShipwayWaiting: 'Bool',
} as const;
