import { basename, dirname, join, relative } from 'node:path';
import { formatProblems, loadPolicy, loadService, type Loaded, type Problem } from '../config/index.js';
import { configurationFile } from './context.js';
import { progress, result } from './output.js';
import type { Command } from './table.js';
import { exists } from '../folders.js';

/**
 * `shipway validate`: shipway.yaml, and the policy file beside it when there is one; a file that `-f` names and that is called a
 * policy is checked as one. Exit code 2 when anything is wrong.
 */
export const validate: Command = async (values) => {
  const file = await configurationFile(values);
  const checked: [string, Loaded<unknown>][] = [];
  if (/policy\.ya?ml$/.test(basename(file))) checked.push([file, await loadPolicy(file)]);
  else {
    checked.push([file, await loadService(file)]);
    const policy = join(dirname(file), 'shipway.policy.yaml');
    if (await exists(policy)) checked.push([policy, await loadPolicy(policy)]);
  }
  const problems = checked
    .flatMap(([, loaded]): readonly Problem[] => (loaded.ok ? [] : loaded.problems))
    .map((p) => ({ ...p, file: fromHere(p.file) }));
  if (problems.length > 0 && values['json'] !== true) progress(formatProblems(problems));
  const valid = checked.filter(([, { ok }]) => ok).map(([name]) => `${fromHere(name)} is valid`);
  result(values, { ok: problems.length === 0, problems }, problems.length === 0 ? valid : []);
  return problems.length === 0 ? 0 : 2;
};

const fromHere = (file: string): string => relative(process.cwd(), file) || file;
