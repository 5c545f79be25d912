import { join } from 'node:path';
import { UsageError } from '../errors.js';
import { isTaken } from '../folders.js';
import { pathFromHere } from './configuration-file.js';

const NAME = 'shipway.policy.yaml';
const OTHER = 'shipway.policy.yml';

/** Where the policy beside `shipway.yaml` belongs, and whether it is there. Fails with `UsageError` for one that nobody would read. */
export async function policyBeside(folder: string): Promise<{ readonly file: string; readonly is: boolean }> {
  const file = join(folder, NAME);
  if (await isTaken(file)) return { file, is: true };
  const other = join(folder, OTHER);
  if (!(await isTaken(other))) return { file, is: false };
  throw new UsageError(`nothing reads ${pathFromHere(other)}`, `name it ${NAME}`);
}
