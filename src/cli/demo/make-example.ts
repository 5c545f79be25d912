import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { setInYaml } from '../example/set-in-yaml.js';
import { answerOf, shipway, type Place } from './command.js';

export interface ExampleToMake {
  readonly place: Place;
  readonly example: string;
  /** Another than the example has; then also what the policy says of where it is, in every environment. */
  readonly router: string | undefined;
  readonly places: Readonly<Record<string, unknown>> | undefined;
}

/** Makes the example where the demo runs, as anybody would. */
export async function makeExample({ place, example, router, places }: ExampleToMake): Promise<void> {
  const made = await shipway({ ...place, directory: process.cwd() }, [
    ...['init', '--example', example],
    ...(router === undefined ? [] : ['--router', router]),
    place.directory,
  ]);
  if (made.code !== 0) throw new Error(made.stderr);
  if (places !== undefined) await placed(join(place.directory, 'shipway.policy.yaml'), places);
  await answerOf(place, ['validate']);
}

async function placed(policy: string, places: Readonly<Record<string, unknown>>): Promise<void> {
  const { environments } = parse(await readFile(policy, 'utf8')) as { environments: object };
  const values = Object.keys(environments).flatMap((name) =>
    Object.entries(places).map(([key, value]) => [['environments', name, key], value] as const),
  );
  await setInYaml(policy, values);
}
