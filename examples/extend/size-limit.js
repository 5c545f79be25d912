// A stage kind of one's own: files must be no larger than they may be. It shows what `uses: own:` takes: a function that gets a folder with
// the source and the artifacts of earlier stages, what stands below `with`, a log and a signal, and answers passed or failed.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** @type {import('shipway').StageKind} */
export async function sizeLimit({ workspace, with: { files, most_bytes: most }, log }, signal) {
  const sizes = {};
  for (const file of files) {
    signal.throwIfAborted();
    // One that is not there throws, which fails the stage with what the error says.
    sizes[file] = (await stat(join(workspace, file))).size;
    log(`${file} has ${String(sizes[file])} bytes, and may have ${String(most)}`);
  }
  const large = files.filter((file) => sizes[file] > most);
  return large.length === 0
    ? { passed: true, reason: `no file has more than ${String(most)} bytes`, details: sizes }
    : { passed: false, reason: `too large: ${large.join(', ')}`, details: sizes };
}
