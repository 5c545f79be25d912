import { ShipwayError } from '../src/errors.js';

/** `then`: what became of the work. */
export const outOfTime = (
  { name, timeoutMs }: { readonly name: string; readonly timeoutMs: number },
  then = '',
): ShipwayError =>
  new ShipwayError('stage.timeout', `stage ${name} ran longer than ${String(timeoutMs / 1000)} s${then}`);
