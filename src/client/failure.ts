import { FAILURES, isFailureType } from '../domain/failures.js';

/** Which way a command failed, for callers that go on after some of them. */
export type CommandFailure = 'unreachable' | 'unanswered' | 'not_found' | 'refused' | 'interrupted' | 'other';

/** A command that cannot go on: what, why (its cause), what next, and its exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly next: string;
  readonly exit: 1 | 2 | 3 | 130;
  readonly kind: CommandFailure;

  constructor(
    message: string,
    next: string,
    exit: 1 | 2 | 3 | 130 = 1,
    cause?: unknown,
    kind: CommandFailure = 'other',
  ) {
    super(message, { cause });
    this.next = next;
    this.exit = exit;
    this.kind = kind;
  }
}

/** The innermost message of an error. */
export function innermost(error: unknown): { readonly message: string; readonly type?: string } {
  let e: unknown = error;
  while (e instanceof Error && e.cause instanceof Error) e = e.cause;
  const { message = String(error), type } = (e ?? {}) as { message?: string; type?: string };
  return { message, ...(typeof type === 'string' ? { type } : {}) };
}

/** gRPC's status codes that mean something to whoever typed the command. */
const GRPC = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  FAILED_PRECONDITION: 9,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** What Temporal says, in sentences. An error that is none of them is a bug and stays itself. */
export function explained(error: unknown, address: string): Error {
  if (error instanceof CommandError) return error;
  const { name = '' } = (error ?? {}) as { name?: string };
  const { message, type } = innermost(error);
  if (type !== undefined && isFailureType(type)) {
    const { next, exit } = FAILURES[type];
    return new CommandError(message, next, exit, error, exit === 3 ? 'refused' : 'other');
  }
  if (name === 'WorkflowNotFoundError')
    return new CommandError(gone(message), 'see `shipway list`', 1, error, 'not_found');
  if (name === 'WorkflowExecutionAlreadyStartedError')
    return new CommandError(
      'a run with this id has been started before',
      'see it with `shipway status`, or start the run again',
      1,
      error,
    );
  return byCode(error, codeOf(error), address) ?? asError(error);
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const gone = (message: string): string =>
  /already completed/i.test(message) ? 'it has ended already' : 'Temporal knows no such workflow';

/** The code of the outermost gRPC error among the causes; a connection that could not be made has none. */
function codeOf(error: unknown): number | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    const { code } = e as { code?: unknown };
    if (typeof code === 'number') return code;
    if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || /Failed to connect/.test(e.message))
      return GRPC.UNAVAILABLE;
    if (e.name === 'WorkflowUpdateRPCTimeoutOrCancelledError') return GRPC.DEADLINE_EXCEEDED;
  }
  return undefined;
}

interface Sentence {
  readonly message: string;
  readonly next: string;
  readonly exit?: 3;
  readonly kind?: CommandFailure;
}

const NO_SUCH_WORKFLOW: Sentence = {
  message: 'Temporal knows no such workflow',
  next: 'see `shipway list`',
  kind: 'not_found',
};
const UNANSWERED: Sentence = {
  message: 'no worker answered in time',
  next: 'see `shipway doctor`, start a worker, then look at the status before asking again',
  kind: 'unanswered',
};
const notLetIn = (address: string): Sentence => ({
  message: `Temporal at ${address} does not let us in`,
  next: 'check TEMPORAL_API_KEY, the TEMPORAL_TLS variables and TEMPORAL_NAMESPACE',
  exit: 3,
});

const SENTENCES: Readonly<Record<number, (address: string, message: string) => Sentence | undefined>> = {
  [GRPC.UNAVAILABLE]: (address) => ({
    message: `Temporal at ${address} does not answer`,
    next: 'start `shipway dev`, or check TEMPORAL_ADDRESS',
    kind: 'unreachable',
  }),
  [GRPC.DEADLINE_EXCEEDED]: () => UNANSWERED,
  [GRPC.CANCELLED]: () => UNANSWERED,
  [GRPC.PERMISSION_DENIED]: notLetIn,
  [GRPC.UNAUTHENTICATED]: notLetIn,
  [GRPC.NOT_FOUND]: (address, message) =>
    /namespace/i.test(message)
      ? {
          message: `Temporal at ${address} has no such namespace`,
          next: 'check TEMPORAL_NAMESPACE, or create the namespace',
        }
      : NO_SUCH_WORKFLOW,
  [GRPC.INVALID_ARGUMENT]: (_address, message) =>
    /search attribute/i.test(message)
      ? {
          message: 'the namespace does not know shipway’s search attributes yet',
          next: 'start a worker once: it registers them',
        }
      : undefined,
  [GRPC.FAILED_PRECONDITION]: () => ({
    message: 'the workflow cannot take this now',
    next: 'see its latest failure in Temporal’s UI (`shipway ui RUN`) and the worker’s log',
  }),
};

function byCode(error: unknown, code: number | undefined, address: string): CommandError | undefined {
  const said = code === undefined ? undefined : SENTENCES[code]?.(address, innermost(error).message);
  return said === undefined
    ? undefined
    : new CommandError(said.message, said.next, said.exit ?? 1, error, said.kind);
}
