import type { Extensions } from '../domain/adapters.js';

/**
 * `shipway worker` with adapters of one's own, for a file that is started instead of it: with its options, as `--role host`, its
 * environment variables, its exit codes. It polls until it is told to stop. A configuration names what is added in `adapters`, and uses it
 * as `own:NAME`. The permit is looked up and the audit written before an adapter is called, whichever it is.
 */
export async function runWorker(extensions: Extensions): Promise<void> {
  const [{ main }, { workerWith }] = await Promise.all([import('./main.js'), import('./worker.js')]);
  const args = ['worker', ...process.argv.slice(2)];
  process.exitCode = await main(args, () => Promise.resolve(workerWith(extensions)));
}
