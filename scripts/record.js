// `npm run record -- WORKFLOW_ID [FOLDER]`: keeps how a workflow on the server ran, for test/replay. The server is the one that the CLI means.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { historyText } from './history.js';
import { ROOT, say } from './lib.js';

const [id, folder = join(ROOT, 'test/replay/histories')] = process.argv.slice(2);
if (id === undefined || !/^(pipeline|target|deployment)\//.test(id)) {
  say('usage: npm run record -- WORKFLOW_ID [FOLDER], for example pipeline/storefront/v1-1a2b3c');
  process.exit(2);
}
const { resolveConnection } = await import('../dist/src/connection.js');
const { temporalAddress: address, namespace, temporal } = await resolveConnection(process.env, process.cwd());
const connection = await Connection.connect({ ...temporal, address });
try {
  const file = join(folder, `${id.replaceAll('/', '-')}.json`);
  if (existsSync(file)) throw new Error(`${file} is there already; remove it first`);
  const handle = new Client({ connection, namespace }).workflow.getHandle(id);
  writeFileSync(file, historyText(await handle.fetchHistory()));
  process.stdout.write(`${file}\n`);
} catch (error) {
  say(`${id} was not recorded: ${error.message}`);
  process.exitCode = 1;
} finally {
  await connection.close();
}
