import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the servers of `shipway dev` listen: what the CLI finds in `.shipway/dev.json`. No credentials. */
export interface Endpoints {
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly apiUrl: string;
  /** Absent: the server is one that the environment named, and its UI was not. */
  readonly uiUrl?: string;
  readonly pid: number;
}

/** Writes them for the CLI to find; the returned function takes them away again. */
export async function writeEndpoints(stateDir: string, endpoints: Endpoints): Promise<() => Promise<void>> {
  const file = join(stateDir, 'dev.json');
  await writeFile(file, `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 });
  return () => rm(file, { force: true });
}
