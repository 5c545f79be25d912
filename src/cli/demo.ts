import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGuard } from '../dev/guard.js';
import { answerOf, shipway } from './demo/command.js';
import { startDev, type DevProcess } from './demo/dev-process.js';
import { shipReleases, type Shipped } from './demo/ship-releases.js';
import { summary } from './demo/summary.js';
import { readExample } from './example/manifest.js';
import { result, string } from './output.js';
import type { Command } from './table.js';

interface DemoOptions {
  readonly example: string;
  /** Leaves servers, instances and folder as they are at the end. */
  readonly keep: boolean;
  /** Waits for a person to approve from another terminal. */
  readonly interactive: boolean;
  readonly json: boolean;
}

/**
 * Shows the whole way by public commands only: an example service under constant traffic, its releases shipped one after the other,
 * the bad one rolled back by its metrics. Exit code 0 when every release ended as the example says; everything it started is ended.
 */
async function show(options: DemoOptions): Promise<number> {
  await readExample(options.example);
  const folder = await mkdtemp(join(tmpdir(), 'shipway-demo-'));
  const guard = startGuard();
  guard.folder(folder);
  const directory = join(folder, options.example);
  let running: DevProcess | undefined;
  const cleanUp = async (): Promise<void> => {
    await running?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  let ending: Promise<void> | undefined;
  const stop = (): void => {
    // A second Ctrl-C, as `npm run` hands on, does not cut the clean-up short.
    ending ??= cleanUp().finally(() => process.exit(130));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  let kept = false;
  try {
    await made(directory, options.example);
    running = await startDev(directory, guard, say);
    const shipped = await shipReleases({
      directory,
      example: options.example,
      interactive: options.interactive,
      say,
    });
    const { uiUrl } = running.endpoints;
    const good = await summary({ directory, shipped, uiUrl, print: options.json ? say : tell });
    if (options.json) result({ json: true }, { ok: good, releases: shipped.map(plain), uiUrl }, []);
    kept = options.keep;
    if (kept) {
      const pid = String(running.pid);
      guard.release();
      say(`still running in ${directory} (pid ${pid}); end it with: kill ${pid}`);
    }
    return good ? 0 : 1;
  } finally {
    if (!kept) await cleanUp();
  }
}

async function made(directory: string, example: string): Promise<void> {
  say(`making the example in ${directory}`);
  const ended = await shipway(process.cwd(), ['init', '--example', example, directory]);
  if (ended.code !== 0) throw new Error(ended.stderr);
  await answerOf(directory, ['validate']);
}

export const demo: Command = (values) =>
  show({
    example: string(values, 'example') ?? 'storefront',
    keep: values['keep'] === true,
    interactive: values['interactive'] === true,
    json: values['json'] === true,
  });

const plain = ({ served, ...release }: Shipped) => ({
  ...release,
  ...(served && { served: { ...served, versions: Object.fromEntries(served.versions) } }),
});

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const tell = (line: string): void => void process.stdout.write(`${line}\n`);
