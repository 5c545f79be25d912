import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDev } from '../../src/cli/demo/dev-process.js';
import { startGuard } from '../../src/dev/guard.js';
import { jsonOf, shipway, startShipway, type Said, type Typed } from './command-line.js';
import { makeLamp } from './lamp.js';
import { removeAll } from './left-behind.js';
import { untilStatus } from './until-status.js';

export interface DevLab {
  /** The service's repository, in which `shipway dev` runs. */
  readonly directory: string;
  readonly uiUrl: string;
  readonly devPid: number;
  /** `shipway …` as a person in that folder. */
  readonly type: (args: string, more?: Typed) => Promise<Said>;
  /** The same with `--json`, which must end with `code`. */
  readonly json: (args: string, code?: number, more?: Typed) => Promise<Json>;
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
  const type: DevLab['type'] = (args, more = {}) => shipway(words(args), { cwd: directory, ...more });
  const json: DevLab['json'] = async (args, code = 0, more = {}) => {
    const said = await type(`${args} --json`, more);
    if (said.code !== code)
      throw new Error(`shipway ${args} ended with ${String(said.code)}, not ${String(code)}: ${said.stderr}`);
    return jsonOf(said);
  };
  return {
    directory,
    uiUrl,
    devPid: dev.pid,
    type,
    json,
    run: async (release, environment, as = 'alice') => {
      const where = `--environment ${environment} --release ${release} --as ${as}`;
      return String((await json(`run ${where} --detach`))['run']);
    },
    until: (run, when) =>
      untilStatus(startShipway(['watch', run, '--json', '--changes'], { cwd: directory }), when),
    end: async () => {
      await dev.stop();
      await removeAll(folder);
      guard.release();
    },
  };
}

/** Words as a shell makes them of a simple line: `--reason "two words"` are two. */
const words = (line: string): readonly string[] =>
  (line.match(/(?:[^\s"]+|"[^"]*")+/g) ?? []).map((word) => word.replaceAll('"', ''));
