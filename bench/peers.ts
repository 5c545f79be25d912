import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client as Postgres } from 'pg';
import { freePort } from '../src/free-port.js';
import { packageRoot } from '../src/paths.js';
import { closeInTurn } from '../src/close-in-turn.js';
import { interleaved, median, ms, timed, type Row } from './measure.js';
import { sideBySide, type SideBySide } from './side-by-side.js';

const ROUNDS = 15;
const FOLDER = join(packageRoot(), 'bench/peers');

/** The same seven steps on engines that others might have chosen, in one run beside ours: no budget, for whoever compares. */
export async function peers(): Promise<readonly Row[]> {
  if (!existsSync(join(FOLDER, 'node_modules')))
    throw new Error('the peers are not installed; `npm run bench` installs them');
  const lab = await sideBySide();
  const started: (() => Promise<void>)[] = [lab.stop];
  try {
    const dbos = await peer('dbos.js', { DATABASE_URL: await database(lab, 'bench_dbos') });
    started.push(dbos.stop);
    const restate = await peer('restate.js', await restatePlace(lab.folder));
    started.push(restate.stop);
    const [us = [], bare = [], theirs = [], others = []] = await interleaved(
      ROUNDS,
      () => timed(lab.ours),
      () => timed(() => lab.theirs('bareStages')),
      () => timed(dbos.run),
      () => timed(restate.run),
    );
    return [
      row('shipway: seven stages, each with its log, its records and its audit', us),
      row('Temporal: a bare workflow', bare),
      row('DBOS, its steps in the process that asks, PostgreSQL as above', theirs),
      row('Restate, its server from npm, data on disk', others),
    ];
  } finally {
    await closeInTurn(started);
  }
}

const row = (of: string, values: readonly number[]): Row => ({
  ...{ name: `seven steps that run \`true\`, p50, ${of}`, value: median(values), unit: 'ms' },
  detail: `${ms(Math.min(...values))} to ${ms(Math.max(...values))} in ${String(values.length)} rounds`,
});

interface Peer {
  /** One workflow to its end. */
  readonly run: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** It ends by itself when its stdin does, however the bench ends. */
async function peer(script: string, env: Readonly<Record<string, string>>): Promise<Peer> {
  const child = spawn(process.execPath, [join(FOLDER, script)], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  const says = createInterface({ input: child.stderr });
  const done = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const said: string[] = [];
  for await (const line of says) {
    said.push(line);
    if (line === 'ready') break;
  }
  if (said.at(-1) !== 'ready') throw new Error(`${script} did not start:\n${said.join('\n')}`);
  child.stderr.resume();
  return {
    run: async () => {
      child.stdin.write('run\n');
      if ((await done.next()).done === true) throw new Error(`${script} ended`);
    },
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

async function database({ databaseUrl }: SideBySide, name: string): Promise<string> {
  const client = new Postgres({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function restatePlace(folder: string): Promise<Readonly<Record<string, string>>> {
  const ports = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const [service = 0, ingress = 0, admin = 0, node = 0] = ports;
  return {
    RESTATE_BASE_DIR: join(folder, 'restate'),
    ...{ SERVICE_PORT: String(service), INGRESS_PORT: String(ingress) },
    ...{ ADMIN_PORT: String(admin), NODE_PORT: String(node) },
  };
}
