import { writeSync } from 'node:fs';
import { definedIn } from './define-service.js';
import { plain, type NotPlain } from './plain.js';

/** What the process that evaluates a configuration tells the one that asked; a stack says where, in the bundled text. */
export type Evaluated =
  | { readonly is: 'service'; readonly value: unknown; readonly stack: string }
  | { readonly is: 'not plain'; readonly why: NotPlain; readonly stack: string }
  | { readonly is: 'no default' | 'not defined' }
  | { readonly is: 'thrown'; readonly what: string; readonly code?: string; readonly stack: string };

/** Where it is told: nothing that a configuration prints goes there. */
const TOLD = 3;

/** Runs in a process of its own, bundled with the configuration: evaluates it, tells what it is, and ends the process. */
export async function report(load: () => Promise<object>): Promise<void> {
  process.once('uncaughtException', (error) => {
    end(thrown(error));
  });
  end(await evaluated(load));
}

function end(what: Evaluated): never {
  tell(what);
  // What it has left running is nobody's.
  process.exit(0);
}

async function evaluated(load: () => Promise<object>): Promise<Evaluated> {
  try {
    const exported = await load();
    if (!('default' in exported)) return { is: 'no default' };
    const defined = definedIn(await exported.default);
    if (defined === undefined) return { is: 'not defined' };
    const { definition, stack } = defined;
    const made = plain(definition);
    return 'data' in made
      ? { is: 'service', value: made.data, stack }
      : { is: 'not plain', why: made, stack };
  } catch (error) {
    return thrown(error);
  }
}

function thrown(error: unknown): Evaluated {
  if (!(error instanceof Error)) return { is: 'thrown', what: String(error), stack: '' };
  const { code } = error as { readonly code?: unknown };
  return {
    is: 'thrown',
    what: `${error.name}: ${error.message}`,
    ...(typeof code === 'string' ? { code } : {}),
    stack: String(error.stack),
  };
}

function tell(what: Evaluated): void {
  const bytes = Buffer.from(JSON.stringify(what));
  for (let sent = 0; sent < bytes.length;) sent += writeSync(TOLD, bytes, sent);
}
