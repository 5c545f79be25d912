/** Which way a command failed, for callers that go on after some of them. */
export type CommandFailure = 'unreachable' | 'unanswered' | 'not_found' | 'refused' | 'other';

/** A command that cannot go on: what, why (its cause), what next, and its exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly next: string;
  readonly exit: 1 | 2 | 3;
  readonly kind: CommandFailure;

  constructor(
    message: string,
    next: string,
    exit: 1 | 2 | 3 = 1,
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
  if (type === 'statement.refused')
    return new CommandError(message, 'look at it again with `shipway status RUN`', 3, error, 'refused');
  if (name === 'WorkflowNotFoundError')
    return new CommandError(gone(message), 'see `shipway list`', 1, error, 'not_found');
  if (name === 'WorkflowExecutionAlreadyStartedError')
    return new CommandError(
      'a run with this id has been started before',
      'see it with `shipway status`, or start the run again',
      1,
      error,
    );
  if (
    /Unexpected error while making gRPC request|WorkflowUpdateRPCTimeoutOrCancelled/.test(
      `${name} ${message}`,
    )
  )
    return byCode(error, codeOf(error) ?? GRPC.DEADLINE_EXCEEDED, address) ?? asError(error);
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

function byCode(error: unknown, code: number | undefined, address: string): CommandError | undefined {
  const { message } = innermost(error);
  switch (code) {
    case GRPC.UNAVAILABLE:
      return new CommandError(
        `Temporal at ${address} does not answer`,
        'start `shipway dev`, or check TEMPORAL_ADDRESS',
        1,
        error,
        'unreachable',
      );
    case GRPC.DEADLINE_EXCEEDED:
    case GRPC.CANCELLED:
      return new CommandError(
        'no worker answered in time',
        'see `shipway doctor`, start a worker, then look at the status before asking again',
        1,
        error,
        'unanswered',
      );
    case GRPC.PERMISSION_DENIED:
    case GRPC.UNAUTHENTICATED:
      return new CommandError(
        `Temporal at ${address} does not let us in`,
        'check TEMPORAL_API_KEY, the TEMPORAL_TLS variables and TEMPORAL_NAMESPACE',
        3,
        error,
      );
    case GRPC.NOT_FOUND:
      return /namespace/i.test(message)
        ? new CommandError(
            `Temporal at ${address} has no such namespace`,
            'check TEMPORAL_NAMESPACE, or create the namespace',
            1,
            error,
          )
        : new CommandError('Temporal knows no such workflow', 'see `shipway list`', 1, error, 'not_found');
    case GRPC.INVALID_ARGUMENT:
      return /search attribute/i.test(message)
        ? new CommandError(
            'the namespace does not know shipway’s search attributes yet',
            'start a worker once: it registers them',
            1,
            error,
          )
        : undefined;
    case GRPC.FAILED_PRECONDITION:
      return new CommandError(
        'the workflow cannot take this now',
        'see its latest failure in Temporal’s UI (`shipway ui RUN`) and the worker’s log',
        1,
        error,
      );
    default:
      return undefined;
  }
}
