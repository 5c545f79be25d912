import { parseArgs } from 'node:util';
import { pino, type Logger } from 'pino';
import { startGateway } from './start.js';

const USAGE = 'usage: node main.js --state DIR [--admin-port PORT]\n';
const EXIT_USAGE = 2;
const STDERR = 2;
const MAX_PORT = 65_535;

interface Arguments {
  readonly stateDir: string;
  readonly adminPort: number;
}

/** Fails with a message for the person who typed it. */
function read(args: string[]): Arguments {
  const { values } = parseArgs({
    args,
    options: { state: { type: 'string' }, 'admin-port': { type: 'string', default: '0' } },
  });
  if (values.state === undefined || values.state === '') throw new Error('--state is missing');
  const adminPort = Number(values['admin-port']);
  if (!/^\d+$/.test(values['admin-port']) || adminPort > MAX_PORT) {
    throw new Error(`--admin-port: ${values['admin-port']} is not a port from 0 to ${String(MAX_PORT)}`);
  }
  return { stateDir: values.state, adminPort };
}

async function run(args: Arguments, log: Logger): Promise<void> {
  // Hanging up ends terminals, not the traffic.
  process.on('SIGHUP', () => undefined);
  const gateway = await startGateway({ ...args, log });
  let ending = false;
  const end = (signal: NodeJS.Signals): void => {
    if (ending) return;
    ending = true;
    log.info({ signal }, 'ending: no new connections, requests in flight may finish');
    gateway.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.fatal({ err: error }, 'could not end in order');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

function argumentsOrExit(): Arguments {
  try {
    return read(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    process.exit(EXIT_USAGE);
  }
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
function logLevel(): string {
  const level = process.env['SHIPWAY_LOG_LEVEL'] ?? 'info';
  if (LEVELS.includes(level)) return level;
  process.stderr.write(`SHIPWAY_LOG_LEVEL: ${level} is not one of ${LEVELS.join(', ')}\n`);
  process.exit(EXIT_USAGE);
}

const args = argumentsOrExit();
const log = pino({ name: 'gateway', level: logLevel() }, pino.destination({ fd: STDERR, sync: true }));
run(args, log).catch((error: unknown) => {
  log.fatal({ err: error }, 'the gateway cannot start');
  process.exit(1);
});
