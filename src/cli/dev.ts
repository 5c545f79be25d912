import { dirname } from 'node:path';
import { up } from '../dev/up.js';
import { ConfigurationError, loadPolicy } from '../config/index.js';
import { UsageError } from '../errors.js';
import { configurationFile, namedFile } from './configuration-file.js';
import { progress, result, string } from './output.js';
import { policyBeside } from './policy-file.js';
import type { Command } from './table.js';

/** `shipway dev`: everything on this machine until it is interrupted. */
export const dev: Command = async (values) => {
  const directory = dirname(await configurationFile(values));
  const policyFile = await goodPolicy(directory);
  const own = string(values, 'worker');
  const workerFile = own === undefined ? undefined : await namedFile(own, '--worker');
  // Heard from the beginning: an interruption while things start ends them in order too, once they are up.
  const end = interrupted();
  const running = await up({ directory, policyFile, workerFile, env: process.env, say: progress });
  const { uiUrl } = running.endpoints;
  progress(`shipway is up.${uiUrl === undefined ? '' : ` Temporal UI: ${uiUrl}`}`);
  // Who starts it by a program has no other terminal.
  if (process.stderr.isTTY)
    progress(
      'In another terminal: shipway run --environment ENVIRONMENT. End with Ctrl-C; data stays in .shipway/.',
    );
  result(values, { ...running.endpoints }, []);
  await end;
  progress('ending …');
  await running.stop();
  return 0;
};

/** The worker would refuse it too, where nobody looks: in its log, after everything has been started. */
async function goodPolicy(folder: string): Promise<string> {
  const { file, is } = await policyBeside(folder);
  if (!is)
    throw new UsageError(
      `there is no ${file}, and no worker works without a policy`,
      '`shipway init` in an empty folder writes one to start from; put it beside shipway.yaml',
    );
  const loaded = await loadPolicy(file);
  if (loaded.ok) return file;
  throw new ConfigurationError(
    'the policy',
    loaded.problems,
    'correct them; `shipway validate` lists them again',
  );
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one changes nothing, the way down is bounded. */
function interrupted(): Promise<void> {
  return new Promise((end) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        end();
      });
  });
}
