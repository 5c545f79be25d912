import { dirname } from 'node:path';
import {
  formatProblems,
  isPolicy,
  policyIn,
  serviceIn,
  unheardIn,
  unnamedIn,
  type Loaded,
  type Problem,
} from '../config/index.js';
import { configurationFile, pathFromHere } from './configuration-file.js';
import { progress, result } from './output.js';
import { policyBeside } from './policy-file.js';
import { readNow } from './read-configuration.js';
import type { Command } from './table.js';

/**
 * `shipway validate`: the configuration, and the policy file beside it when there is one; a policy that `-f` names is checked as one. Exit
 * code 2 when anything is wrong. What the policy beside it does not name is noted.
 */
export const validate: Command = async (values) => {
  const checked = await check(await configurationFile(values));
  const problems = checked.files.flatMap(([, loaded]) => (loaded.ok ? [] : loaded.problems)).map(fromHere);
  const notes = checked.notes.map(fromHere);
  if (values['json'] !== true) {
    if (problems.length > 0) progress(formatProblems(problems));
    for (const note of notes) progress(`note: ${formatProblems([note])}`);
  }
  const valid = checked.files.filter(([, { ok }]) => ok).map(([file]) => `${pathFromHere(file)} is valid`);
  const ok = problems.length === 0;
  result(values, { ok, problems, notes }, ok ? valid : []);
  return ok ? 0 : 2;
};

interface Checked {
  readonly files: readonly (readonly [file: string, loaded: Loaded<unknown>])[];
  readonly notes: readonly Problem[];
}

async function check(file: string): Promise<Checked> {
  const { document: read } = await readNow(file);
  if (isPolicy(file, read)) {
    const policy = policyIn(file, read);
    return { files: [[file, policy]], notes: policy.ok ? unheardIn(file, read, policy.value) : [] };
  }
  const service = serviceIn(file, read);
  const { file: beside, is } = await policyBeside(dirname(file));
  if (!is) return { files: [[file, service]], notes: [] };
  const { document: rules } = await readNow(beside);
  const policy = policyIn(beside, rules);
  const told = service.ok ? Object.values(service.value.environments) : [];
  const named = told.flatMap(({ notificationChannels = [] }) => notificationChannels);
  const unheard = policy.ok ? unheardIn(beside, rules, policy.value, named) : [];
  return {
    files: [
      [file, service],
      [beside, policy],
    ],
    notes: [
      ...(service.ok && policy.ok ? unnamedIn(file, read, service.value, policy.value) : []),
      ...unheard,
    ],
  };
}

const fromHere = (problem: Problem): Problem => ({ ...problem, file: pathFromHere(problem.file) });
