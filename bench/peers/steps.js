import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One of the seven steps, as the bare workflow of the bench does it. */
export const spawnTrue = () =>
  new Promise((resolve, reject) => {
    const child = spawn('true', { stdio: 'ignore' });
    child.once('error', reject);
    child.once('exit', () => resolve());
  });

/** Runs one workflow for each line of stdin, and says `done` after each; ends with stdin. */
export async function serveRuns(run, end) {
  process.stderr.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    await run();
    process.stdout.write(`done ${line}\n`);
  }
  await end();
  process.exit(0);
}
