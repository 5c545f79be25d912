/**
 * The program of a performance test, run in the stage's workspace by its detached runner: starts the instance, waits until it is ready, has
 * the load generator do its work, and leaves what came of it in `TMPDIR`. It is read from standard input what to do; nothing is decided here.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.js';
import { OUTCOME_FILE, SAMPLES_FILE, type LoadOrder, type LoadOutcome } from './load-order.js';

const LOOK_MS = 100;
const GRACE_MS = 5_000;
const folder = process.env['TMPDIR'] ?? '.';
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** A program, and how it has ended, if it has. */
interface Started {
  readonly child: ChildProcess;
  readonly how: () => string | undefined;
  readonly end: Promise<string>;
}

function started(child: ChildProcess): Started {
  let how: string | undefined;
  const end = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve((how = `could not be started: ${error.message}`));
    });
    child.once('exit', (code, signal) => {
      resolve((how = signal === null ? `ended with exit code ${String(code)}` : `was ended by ${signal}`));
    });
  });
  return { child, how: () => how, end };
}

function instance({ command, environment }: LoadOrder, port: number): Started {
  const [program = '', ...args] = command;
  const env = { ...process.env, ...environment, HOST: '127.0.0.1', PORT: String(port) };
  return started(spawn(program, args, { env, stdio: ['ignore', 'inherit', 'inherit'] }));
}

/** Why it is not ready, or `undefined` once it is. */
async function notReady(of: LoadOrder, { how }: Started, url: string): Promise<string | undefined> {
  const until = Date.now() + of.startupTimeoutMs;
  let said = 'nothing answered';
  while (Date.now() < until) {
    const ended = how();
    if (ended !== undefined) return `the instance ${ended} before it was ready`;
    const signal = AbortSignal.timeout(Math.max(until - Date.now(), 1));
    const status = await fetch(url, { signal, redirect: 'manual' }).then(
      async (answer) => {
        await answer.body?.cancel();
        return answer.status;
      },
      () => 0,
    );
    if (status >= 200 && status < 300) return undefined;
    if (status > 0) said = `it answered with ${String(status)}`;
    await sleep(LOOK_MS);
  }
  return `the instance was not ready within ${String(of.startupTimeoutMs / 1000)} s: ${of.readyPath}: ${said}`;
}

/** Requests as the generator reads them, one a line, in turn; one that weighs more comes again, spread over the turn. */
function targets({ requests }: LoadOrder, base: string): string {
  const turn = requests.flatMap((request) =>
    Array.from({ length: request.weight }, (_, k) => ({ request, at: (k + 0.5) / request.weight })),
  );
  const lines = turn
    .sort((a, b) => a.at - b.at)
    .map(({ request: { method, path, headers, body } }) => {
      const header = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
      const sent = body === undefined ? {} : { body: Buffer.from(body).toString('base64') };
      return JSON.stringify({ method, url: `${base}${path}`, header, ...sent });
    });
  return `${lines.join('\n')}\n`;
}

async function attack(order: LoadOrder, base: string): Promise<string | undefined> {
  const file = join(folder, 'targets');
  writeFileSync(file, targets(order, base));
  const { tool, rate, totalMs, requestTimeoutMs, maxInFlight } = order;
  const args = [
    ...['attack', '-format=json', `-targets=${file}`, `-output=${join(folder, 'results')}`],
    ...[
      `-rate=${String(rate)}/1s`,
      `-duration=${String(totalMs)}ms`,
      `-timeout=${String(requestTimeoutMs)}ms`,
    ],
    ...[`-workers=${String(Math.min(rate, maxInFlight))}`, `-max-workers=${String(maxInFlight)}`],
    ...['-redirects=-1', '-max-body=0'],
  ];
  const how = await started(spawn(tool, args, { stdio: ['ignore', 'inherit', 'inherit'] })).end;
  return how === 'ended with exit code 0' ? undefined : `the load generator ${how}`;
}

/** Of each request when it left, what came, and how long that took; what went wrong is counted for the output. */
async function decode({ tool }: LoadOrder): Promise<string | undefined> {
  const child = spawn(tool, ['encode', '-to=csv', join(folder, 'results')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { end } = started(child);
  const samples = createWriteStream(join(folder, SAMPLES_FILE));
  const wrong = new Map<string, number>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [, at, code, ns, error = ''] = /^(\d+),(\d+),(\d+),\d+,\d+,("[^"]*"|[^,]*),/.exec(line) ?? [];
    if (at === undefined) continue;
    if (!samples.write(`${at},${code ?? ''},${ns ?? ''}\n`)) await once(samples, 'drain');
    const why = error === '' ? '' : error.replace(/\d+\.\d+\.\d+\.\d+:\d+(->\S+)?/g, '…');
    if (why !== '') wrong.set(why, (wrong.get(why) ?? 0) + 1);
  }
  await new Promise<void>((resolve) => {
    samples.end(() => {
      resolve();
    });
  });
  for (const [why, n] of [...wrong].sort((a, b) => b[1] - a[1]).slice(0, 5)) say(`${String(n)} × ${why}`);
  const how = await end;
  return how === 'ended with exit code 0' ? undefined : `the load generator ${how}`;
}

async function tested(order: LoadOrder): Promise<LoadOutcome> {
  const base = `http://127.0.0.1:${String(await freePort())}`;
  const running = instance(order, Number(new URL(base).port));
  const begun = Date.now();
  try {
    const why = await notReady(order, running, `${base}${order.readyPath}`);
    if (why !== undefined) return { kind: 'not_ready', why };
    say(
      `ready after ${String((Date.now() - begun) / 1000)} s, ${String(order.rate)} requests a second for ${String(order.totalMs / 1000)} s`,
    );
    const broken = await attack(order, base);
    const how = running.how();
    const failed = broken ?? (await decode(order));
    if (failed !== undefined) return { kind: 'broken', why: failed };
    return {
      kind: 'measured',
      ...(how === undefined ? {} : { ended: `the instance ${how} while it was loaded` }),
    };
  } finally {
    running.child.kill('SIGTERM');
    await Promise.race([running.end, sleep(GRACE_MS, undefined, { ref: false })]);
    running.child.kill('SIGKILL');
  }
}

const order = JSON.parse(await text(process.stdin)) as LoadOrder;
writeFileSync(join(folder, OUTCOME_FILE), JSON.stringify(await tested(order)));
process.exit(0);
