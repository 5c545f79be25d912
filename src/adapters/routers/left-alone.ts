import type { Router } from '../../domain/ports.js';
import type { Named, Pair } from './agreed.js';

/** One of two routers, the other of which is gone: it goes on alone, and listens where it would beside that. */
export function leftAlone([first, { name, router }]: Pair, left: Named['name']): Router {
  if (left !== name) return first.router;
  return { ...router, open: (t, _, signal, second) => router.open(t, second, signal) };
}
