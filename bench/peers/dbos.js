// Seven steps on DBOS, over the PostgreSQL that DATABASE_URL names.
import { DBOS } from '@dbos-inc/dbos-sdk';
import { serveRuns, spawnTrue } from './steps.js';

const sevenSteps = DBOS.registerWorkflow(
  async () => {
    for (let i = 0; i < 7; i++) await DBOS.runStep(spawnTrue, { name: `step-${i + 1}` });
  },
  { name: 'sevenSteps' },
);
DBOS.setConfig({
  name: 'bench',
  applicationVersion: 'bench',
  systemDatabaseUrl: process.env.DATABASE_URL,
  logLevel: 'error',
  runAdminServer: false,
});
await DBOS.launch();
await serveRuns(sevenSteps, () => DBOS.shutdown());
