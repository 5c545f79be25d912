// Seven steps on Restate: its server from npm, its data in RESTATE_BASE_DIR, a service in this process.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import * as restate from '@restatedev/restate-sdk';
import { serveRuns, spawnTrue } from './steps.js';

const { SERVICE_PORT, INGRESS_PORT, ADMIN_PORT, NODE_PORT } = process.env;
const bench = restate.service({
  name: 'bench',
  handlers: {
    sevenSteps: async (context) => {
      for (let i = 0; i < 7; i++) await context.run(`step-${i + 1}`, spawnTrue);
    },
  },
});
await restate.serve({
  services: [bench],
  port: Number(SERVICE_PORT),
  logger: () => undefined,
});
const { resolve } = createRequire(import.meta.url);
const server = spawn(resolve(`@restatedev/restate-server-${platform()}-${arch()}/bin/restate-server`), [], {
  stdio: 'ignore',
  env: {
    ...process.env,
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${INGRESS_PORT}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${ADMIN_PORT}`,
    RESTATE_BIND_ADDRESS: `127.0.0.1:${NODE_PORT}`,
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${NODE_PORT}`,
  },
});
server.once('exit', (code) => {
  process.stderr.write(`the server of Restate ended with ${code}\n`);
  process.exit(1);
});

const post = (url, body) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
const PATIENCE_MS = 60_000;
for (const until = Date.now() + PATIENCE_MS; ;) {
  const answer = await post(
    `http://127.0.0.1:${ADMIN_PORT}/deployments`,
    JSON.stringify({ uri: `http://127.0.0.1:${SERVICE_PORT}` }),
  ).catch(() => undefined);
  if (answer?.ok === true) break;
  if (Date.now() > until)
    throw new Error(
      `Restate does not take the service: ${answer === undefined ? 'no answer' : await answer.text()}`,
    );
  await new Promise((resolve) => setTimeout(resolve, 200));
}

await serveRuns(
  async () => {
    const answer = await post(`http://127.0.0.1:${INGRESS_PORT}/bench/sevenSteps`);
    if (!answer.ok) throw new Error(`Restate answered ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
  },
  () => {
    server.removeAllListeners('exit');
    server.kill();
  },
);
