import type { Configuration } from '../../domain/plan.js';
import type { SecretStore } from '../../domain/ports.js';
import { secretsIn } from '../../domain/secrets.js';
import { ShipwayError } from '../../errors.js';
import { redactorOf, type Redactor } from '../../redacted.js';
import { tail, TAIL_BYTES } from './process-health.js';

/** The values of a configuration's secrets, for the length of one call: read once, and only when something asks for them. */
export interface Values {
  readonly read: () => Promise<Readonly<Record<string, string>>>;
  /** The last of an instance's output, without what it may have printed of them. */
  readonly shown: (log: string) => Promise<string>;
  /** The same error, without them. */
  readonly without: (error: unknown) => unknown;
}

export function valuesOf(
  {
    secrets,
    configuration,
  }: { readonly secrets: Pick<SecretStore, 'resolve'>; readonly configuration: Configuration },
  signal: AbortSignal,
): Values {
  const wanted = secretsIn(configuration);
  let known: Readonly<Record<string, string>> | undefined;
  const read = async (): Promise<Readonly<Record<string, string>>> => {
    known ??= Object.fromEntries(
      await Promise.all(
        wanted.map(async ([name, { secret, version }]) => {
          if (version === undefined)
            throw new ShipwayError('internal.bug', `${name} has no version of ${secret}`);
          return [name, await secrets.resolve(secret, version, signal)] as const;
        }),
      ),
    );
    return known;
  };
  const redactor = (): Redactor => redactorOf(Object.values(known ?? {}));
  return {
    read,
    shown: (log) => (wanted.length === 0 ? tail(log) : shown(log, read, redactor)),
    without: (error) => withoutThem(error, redactor()),
  };
}

/** Whoever does not know the values cannot tell whether the output has them in it. */
async function shown(log: string, read: Values['read'], redactor: () => Redactor): Promise<string> {
  try {
    await read();
  } catch {
    return '(it is not shown: the secrets that may be in it cannot be read now)';
  }
  const { text, end, longest } = redactor();
  const output = await tail(log, longest);
  return Buffer.byteLength(output) < TAIL_BYTES + longest ? text(output).slice(-TAIL_BYTES) : end(output);
}

function withoutThem(error: unknown, { text }: Redactor): unknown {
  if (!(error instanceof Error)) return error;
  const message = text(error.message);
  const clean = message === error.message && text(error.stack ?? '') === (error.stack ?? '');
  if (clean) return error;
  return error instanceof ShipwayError ? new ShipwayError(error.type, message) : new Error(message);
}
