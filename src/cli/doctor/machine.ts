import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import { attempt, bad, short, well, type Check } from './check.js';

const NODE = [20, 19] as const;
const GIB = 1024 ** 3;
const LOW = 2 * GIB;
const FULL = GIB / 2;

/** This machine: Node, git, and room on the disk. */
export const checkMachine = async (): Promise<readonly Check[]> => [node(), await git(), ...(await disk())];

function node(): Check {
  const { node: version } = process.versions;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > NODE[0] || (major === NODE[0] && minor >= NODE[1]);
  return ok ? well('node', version) : bad('node', version, `install Node ${NODE.join('.')} or newer`);
}

async function git(): Promise<Check> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version']);
    return well('git', stdout.trim());
  } catch {
    return bad('git', 'not found', 'install git: a run ships a commit');
  }
}

const disk = (): Promise<readonly Check[]> =>
  attempt('disk', async () => {
    const { bavail, bsize } = await statfs('.');
    const free = bavail * bsize;
    const detail = `${(free / GIB).toFixed(1)} GiB free here`;
    const next = 'make room: servers, artifacts and workspaces need it';
    return [
      free < FULL
        ? bad('disk', detail, next)
        : free < LOW
          ? short('disk', detail, next)
          : well('disk', detail),
    ];
  });
