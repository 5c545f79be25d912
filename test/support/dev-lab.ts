import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDev } from '../../src/cli/demo/dev-process.js';
import { startGuard } from '../../src/dev/guard.js';
import { jsonOf, shipway, type Said, type Typed } from './command-line.js';
import { makeLamp } from './lamp.js';
import { removeAll } from './left-behind.js';
import { manyCommands } from './many-commands.js';

export interface DevLab {
  /** The service's repository, in which `shipway dev` runs. */
  readonly directory: string;
  readonly uiUrl: string;
  readonly devPid: number;
  /** `shipway …` as a person in that folder. */
  readonly type: (args: string, more?: Typed) => Promise<Said>;
  /** The same with `--json`, which must end with `code`. */
  readonly json: (args: string, code?: number, more?: Typed) => Promise<Json>;
  /** What `type` gives, without a process of its own: of what a story has to know, and is not about. */
  readonly ask: (args: string) => Promise<Said>;
  /** What `json` gives, in the same way. */
  readonly askJson: (args: string, code?: number) => Promise<Json>;
  /** Starts a run and gives its id. */
  readonly run: (release: string, environment: string, as?: string) => Promise<string>;
  /** Until the run's status satisfies `when`. */
  readonly until: (run: string, when: (status: StatusJson) => boolean) => Promise<StatusJson>;
  readonly end: () => Promise<void>;
}
export type Json = Record<string, unknown>;
export interface StatusJson extends Json {
  readonly run: {
    readonly outcome?: string;
    readonly deployment?: string;
    readonly stages: readonly { readonly name: string; readonly state: string }[];
    readonly waitingFor?: { readonly decision?: string };
  };
  readonly temporal: { readonly status: string };
  readonly deployment?: {
    readonly phase: string;
    readonly verdict?: unknown;
    readonly waitingFor?: unknown;
    readonly timeline: readonly { readonly what: string }[];
  };
}

/** `shipway dev` as a real process on the repository of a small service. Ends with the test process, however that ends. */
export async function devLab(): Promise<DevLab> {
  const folder = await mkdtemp(join(tmpdir(), 'shipway-cli-'));
  const guard = startGuard();
  guard.folder(folder);
  const directory = join(folder, 'lamp');
  guard.data(join(directory, '.shipway/postgres'));
  await makeLamp(directory);
  const place = { directory, signal: new AbortController().signal };
  const dev = await startDev(place, guard, () => undefined);
  const { uiUrl } = await dev.ready();
  const many = manyCommands(directory);
  const type: DevLab['type'] = (args, more = {}) => shipway(words(args), { cwd: directory, ...more });
  const ask: DevLab['ask'] = (args) => many.type(words(args));
  const askJson: DevLab['askJson'] = async (args, code = 0) => ended(args, await ask(`${args} --json`), code);
  return {
    directory,
    uiUrl,
    devPid: dev.pid,
    type,
    json: async (args, code = 0, more = {}) => ended(args, await type(`${args} --json`, more), code),
    ask,
    askJson,
    run: async (release, environment, as = 'alice') => {
      const where = `--environment ${environment} --release ${release} --as ${as}`;
      return String((await askJson(`run ${where} --detach`))['run']);
    },
    until: (run, when) => untilSo(() => askJson(`status ${run}`) as Promise<StatusJson>, when),
    end: async () => {
      await many.end();
      await dev.stop();
      await removeAll(folder);
      guard.release();
    },
  };
}

function ended(args: string, said: Said, code: number): Json {
  if (said.code !== code)
    throw new Error(`shipway ${args} ended with ${String(said.code)}, not ${String(code)}: ${said.stderr}`);
  return jsonOf(said);
}

const LOOK_MS = 300;

/** Fails when the run ends before. */
async function untilSo(
  look: () => Promise<StatusJson>,
  when: (status: StatusJson) => boolean,
): Promise<StatusJson> {
  for (;;) {
    const status = await look();
    if (when(status)) return status;
    if (status.run.outcome !== undefined || status.temporal.status !== 'RUNNING')
      throw new Error(`it ended before it was so: ${JSON.stringify(status)}`);
    await new Promise((r) => setTimeout(r, LOOK_MS));
  }
}

/** Words as a shell makes them of a simple line: `--reason "two words"` are two. */
const words = (line: string): readonly string[] =>
  (line.match(/(?:[^\s"]+|"[^"]*")+/g) ?? []).map((word) => word.replaceAll('"', ''));
