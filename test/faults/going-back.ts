import { targetId } from '../../src/domain/ids.js';
import type { RollbackRequest, TargetAnswer } from '../../src/domain/target.js';
import { statement } from '../support/plans.js';
import type { FaultLab } from './lab.js';
import type { Service } from './service.js';

/** Has a service go back, as a person says it: a message to what runs, or a deployment of its own. */
export function rollback(
  { client }: FaultLab,
  { name }: Service,
  how: Pick<RollbackRequest, 'emergency' | 'pace'> = {},
): Promise<TargetAnswer> {
  const ref = { service: name, environment: 'staging' };
  const said = statement('carol', 'rollback', targetId(ref));
  return client.rollback({ ...ref, requestId: 'back', statement: said, reason: 'bad', ...how });
}
