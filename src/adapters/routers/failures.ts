import { ShipwayError } from '../../errors.js';

export const refused = (why: string): ShipwayError => new ShipwayError('router.refused', why);

export const unavailable = (why: string, cause?: unknown): ShipwayError =>
  new ShipwayError('router.unavailable', why, { cause });
