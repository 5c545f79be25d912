import { access } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { formatProblems, loadPolicy, loadService, type Loaded, type Problem } from '../config/index.js';
import { configurationFile } from './context.js';
import { progress, result } from './output.js';
import type { Command } from './table.js';

/** `shipway validate`: shipway.yaml, and the policy file beside it when there is one. Exit code 2 when anything is wrong. */
export const validate: Command = async (values) => {
  const file = await configurationFile(values);
  const policy = join(dirname(file), 'shipway.policy.yaml');
  const loaded: Loaded<unknown>[] = [await loadService(file)];
  if (
    await access(policy).then(
      () => true,
      () => false,
    )
  )
    loaded.push(await loadPolicy(policy));
  const problems = loaded
    .flatMap((l): readonly Problem[] => (l.ok ? [] : l.problems))
    .map((p) => ({ ...p, file: relative(process.cwd(), p.file) || p.file }));
  if (problems.length > 0 && values['json'] !== true) progress(formatProblems(problems));
  result(
    values,
    { ok: problems.length === 0, problems },
    problems.length === 0 ? [`${relative(process.cwd(), file)} is valid`] : [],
  );
  return problems.length === 0 ? 0 : 2;
};
