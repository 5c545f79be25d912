import { dirname, join, relative } from 'node:path';
import {
  formatProblems,
  isPolicy,
  loadPolicy,
  policyIn,
  readDocument,
  serviceIn,
  type Loaded,
  type Problem,
} from '../config/index.js';
import { isTaken } from '../folders.js';
import { configurationFile } from './context.js';
import { progress, result } from './output.js';
import type { Command } from './table.js';

/**
 * `shipway validate`: shipway.yaml, and the policy file beside it when there is one; a policy that `-f` names is checked as one. Exit
 * code 2 when anything is wrong.
 */
export const validate: Command = async (values) => {
  const checked = await check(await configurationFile(values));
  const problems = checked
    .flatMap(([, loaded]): readonly Problem[] => (loaded.ok ? [] : loaded.problems))
    .map((p) => ({ ...p, file: fromHere(p.file) }));
  if (problems.length > 0 && values['json'] !== true) progress(formatProblems(problems));
  const valid = checked.filter(([, { ok }]) => ok).map(([name]) => `${fromHere(name)} is valid`);
  result(values, { ok: problems.length === 0, problems }, problems.length === 0 ? valid : []);
  return problems.length === 0 ? 0 : 2;
};

type Checked = readonly [file: string, loaded: Loaded<unknown>];

async function check(file: string): Promise<readonly Checked[]> {
  const read = await readDocument(file);
  if (isPolicy(file, read)) return [[file, policyIn(file, read)]];
  const beside = join(dirname(file), 'shipway.policy.yaml');
  if (!(await isTaken(beside))) return [[file, serviceIn(file, read)]];
  const policy = await loadPolicy(beside);
  const allowed = policy.ok ? Object.keys(policy.value.environments) : undefined;
  return [
    [file, serviceIn(file, read, allowed)],
    [beside, policy],
  ];
}

const fromHere = (file: string): string => relative(process.cwd(), file) || file;
