import { proxyActivities, type ActivityInterfaceFor, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';

/** What Temporal's UI says of activities that are the same for whatever they are about. */
export const SUMMARIES = {
  admitRun: 'verify who started it, and take the run in',
  admitDeployment: 'verify what asks for it, and grant the permit',
  contentRemoved: 'remove content that nothing names any more',
  recordsRemoved: 'remove output, samples and releases that have had their time',
  housekeepingDone: 'record what was removed',
  targetsToLookAt: 'find the targets at which nothing is under way',
  driftSeen: 'compare what runs with the record',
  openIncident: 'open the record of an incident',
  closeIncident: 'record what serves after an incident',
  verifyServing: 'look at what serves after an incident',
  awaitDeployment: 'wait until the deployment has ended',
  awaitAdmission: 'wait until the run is taken in',
  awaitRun: 'wait until the run has ended',
  cancelWorkflow: 'tell the run to stop',
  closeGate: 'record how the question was answered',
  findCommit: 'ask what commit the branch is at',
  findRequest: 'look for what became of the request',
  finishRun: 'record how the run ended',
  finishDeployment: 'record how it ended, and close the permit',
  loadTarget: 'read the record of the target',
  noteRequest: 'note the request in the order of asking',
  openQuestion: 'ask a person',
  recordEvidence: 'record what was found out about the release',
  recordRefusal: 'record a statement that does not count',
  recordUnfired: 'record why nothing was started',
  reportStatus: 'show at the commit how it goes',
  settleDeployment: 'read how the deployment ended',
  settleRequest: 'take the request back',
  startTriggered: 'fetch the repository, resolve the plan and start the run',
  verifyStatement: 'verify who says it, and when',
  withdrawFromTarget: 'take the request back from the target',
} satisfies Partial<Record<keyof Activities, string>>;

/** Activities that bring their summary with them; one that is called with a summary of its own has that. */
export function summarised(options: ActivityOptions): ActivityInterfaceFor<Activities> {
  const named = (name: keyof Activities): Activities[keyof Activities] => {
    const summary = (SUMMARIES as Partial<Record<keyof Activities, string>>)[name];
    return proxyActivities<Activities>(summary === undefined ? options : { ...options, summary })[name];
  };
  return new Proxy({} as ActivityInterfaceFor<Activities>, {
    get: (_, name) => named(name as keyof Activities),
  });
}
