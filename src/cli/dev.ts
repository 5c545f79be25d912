import { dirname, resolve } from 'node:path';
import { up } from '../dev/up.js';

/** `shipway dev`: everything on this machine until it is interrupted. */
export async function dev(options: { readonly file: string }): Promise<number> {
  const directory = dirname(resolve(options.file));
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const running = await up({ directory, policyFile: resolve(directory, 'shipway.policy.yaml'), say });
  say(`shipway is up. Temporal UI: ${running.endpoints.uiUrl}`);
  say(
    'In another terminal: shipway run --environment ENVIRONMENT. End with Ctrl-C; data stays in .shipway/.',
  );
  await interrupted();
  say('ending …');
  await running.stop();
  return 0;
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
