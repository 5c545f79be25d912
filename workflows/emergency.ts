import { condition, patched } from '@temporalio/workflow';
import { deploymentId } from '../src/domain/ids.js';
import { incidentOf, isEmergency, type Incident, type Verification } from '../src/domain/incident.js';
import type { RollbackRequest, TargetAnswer } from '../src/domain/target.js';
import type { Board } from './board.js';
import { control, verifying } from './profiles.js';
import { shielded } from './shielded.js';
import { reasonOf } from './undo.js';

/**
 * In an emergency, the request to take back the last change: whoever repeats it asks for the same, also while that is being done. Opens its
 * incident, for which nobody waits.
 */
export function declared(board: Board, request: RollbackRequest): RollbackRequest {
  if (request.emergency === undefined) return request;
  const { running } = board;
  const one = patched('one-incident');
  const again = one && running?.kind === 'rollback' && isEmergency(running.requestId);
  const asked = { ...request, requestId: again ? running.requestId : incidentOf(lastChange(board)) };
  const incident = incidentFor(board, asked);
  if (incident === undefined) return asked;
  const open = () => control.openIncident(incident);
  // Of which change it is, the store knows once what is being admitted has been.
  const admitting = one && running?.started === false ? running : undefined;
  const admitted = () => board.running !== admitting || admitting?.started === true;
  board.incidents.add(shielded(() => (admitting === undefined ? open() : condition(admitted).then(open))));
  return asked;
}

const lastChange = ({ running, state }: Board): string =>
  running?.id ?? deploymentId(state, Math.max(state.nextN - 1, 0));

/** Where nothing serves there is nothing to take back; what serves is judged when its rollback is admitted. */
export function overAlready(board: Board, request: RollbackRequest): TargetAnswer | undefined {
  const { running, state } = board;
  if (request.emergency === undefined || running !== undefined || state.nextN === 1) return undefined;
  if (state.live !== undefined) return undefined;
  const last = deploymentId(state, state.nextN - 1);
  lookAfter(board, request);
  return { status: 'refused', type: 'emergency.over', message: `${last} does not serve; nothing does` };
}

/** Looks at what serves when an emergency has come to its end, and records it. Nobody waits for it, and it never fails. */
export function lookAfter(board: Board, request: RollbackRequest): void {
  const incident = incidentFor(board, request);
  if (incident === undefined) return;
  const { service, environment } = board.state;
  board.incidents.add(
    shielded(async () => {
      const host = await control.hostOf({ service, environment });
      const found = await verifying(host)
        .verifyServing({ service, environment })
        .catch((error: unknown): Verification => ({
          serves: 'what is not known',
          unwell: [reasonOf(error)],
        }));
      await control.closeIncident({ ...incident, found });
    }),
  );
}

function incidentFor(
  { state: { service, environment, live } }: Board,
  { emergency, requestId: id, statement, reason }: RollbackRequest,
): Incident | undefined {
  if (emergency === undefined) return undefined;
  const version = live?.release.version ?? 'none';
  return { service, environment, version, id, severity: emergency.severity, by: statement.person, reason };
}
