/** A command that cannot go on: what, why, what next, and its exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly next: string;
  readonly exit: 1 | 2 | 3;

  constructor(message: string, next: string, exit: 1 | 2 | 3 = 1, cause?: unknown) {
    super(message, { cause });
    this.next = next;
    this.exit = exit;
  }
}

/** The innermost message of an error. */
export function innermost(error: unknown): { readonly message: string; readonly type?: string } {
  let e: unknown = error;
  while (e instanceof Error && e.cause instanceof Error) e = e.cause;
  const { message = String(error), type } = (e ?? {}) as { message?: string; type?: string };
  return { message, ...(typeof type === 'string' ? { type } : {}) };
}

/** What Temporal says, in sentences. An error that is none of them is a bug and stays itself. */
export function explained(error: unknown, address: string | undefined): Error {
  if (error instanceof CommandError) return error;
  const {
    name = '',
    details = '',
    code,
  } = (error ?? {}) as { name?: string; details?: string; code?: unknown };
  const { message, type } = innermost(error);
  if (name === 'WorkflowNotFoundError') return new CommandError(message, 'see `shipway list`', 1, error);
  if (type === 'statement.refused') return new CommandError(message, 'see `shipway status RUN`', 3, error);
  if (/ECONNREFUSED|UNAVAILABLE|Failed to connect/.test(`${message} ${details} ${String(code)}`))
    return new CommandError(
      `Temporal at ${address ?? 'the configured address'} does not answer`,
      'start `shipway dev`, or check TEMPORAL_ADDRESS',
      1,
      error,
    );
  if (/DEADLINE_EXCEEDED|CANCELLED|timed? ?out/i.test(`${message} ${String(code)}`))
    return new CommandError('no worker answered in time', 'see `shipway doctor`; start a worker', 1, error);
  return error instanceof Error ? error : new Error(String(error));
}
