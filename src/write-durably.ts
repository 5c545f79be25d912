import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Either the old content or all of the new one is there after a crash at any moment. Never two at once on one file. */
export async function writeDurably(file: string, text: string, mode = 0o600): Promise<void> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, 'w', mode);
  try {
    // Whatever the umask is: who is to read it may be another user.
    await handle.chmod(mode);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
