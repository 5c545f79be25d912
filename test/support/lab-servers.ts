import { TestWorkflowEnvironment } from '@temporalio/testing';
import { freshNamespace, temporalAddress } from './servers.js';
import { sharedServer, timeSkippingServer } from './time-skipping.js';

/** For what the time-skipping server does not do: it tells no parent that its child was terminated, and asks nobody to continue as new. */
const realServer = async (): Promise<TestWorkflowEnvironment> =>
  TestWorkflowEnvironment.createFromExistingServer({
    address: temporalAddress(),
    namespace: await freshNamespace(),
  });

/** What a lab can be on: who skips time has a server that no other file has. */
export const LAB_SERVERS = { shared: sharedServer, 'time skipping': timeSkippingServer, real: realServer };
