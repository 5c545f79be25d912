import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ArtifactStore } from '../src/domain/ports.js';

/**
 * A small service. It answers with errors while the file that BAD_WHILE names is there, always or as often as the file says, and ends by
 * itself when the folder of the bench is gone: nothing outlives a bench that was killed.
 */
const SERVER = `import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
const { PORT, HOST, BAD_WHILE = '', BENCH, SHIPWAY_VERSION } = process.env;
setInterval(() => existsSync(BENCH) || process.exit(), 2_000).unref();
const part = () => {
  if (BAD_WHILE === '' || !existsSync(BAD_WHILE)) return 0;
  return Number(readFileSync(BAD_WHILE, 'utf8') || 1);
};
createServer((req, res) => {
  const bad = req.url !== '/ready' && Math.random() < part();
  res.writeHead(bad ? 500 : 200, { 'x-version': SHIPWAY_VERSION }).end();
}).listen(Number(PORT), HOST);
`;

/** A repository of one commit as a bundle in the artifact store. */
export async function source(
  folder: string,
  artifacts: ArtifactStore,
): Promise<{ commit: string; digest: string }> {
  const repo = join(folder, 'repo');
  await mkdir(repo);
  await writeFile(join(repo, 'server.js'), SERVER);
  await writeFile(join(repo, 'package.json'), '{ "type": "module" }\n');
  const git = async (...args: string[]): Promise<string> => {
    const who = [
      '-c',
      'user.name=bench',
      '-c',
      'user.email=bench@example.invalid',
      '-c',
      'commit.gpgsign=false',
    ];
    return (await promisify(execFile)('git', [...who, ...args], { cwd: repo })).stdout.trim();
  };
  await git('init', '--quiet');
  await git('add', '-A');
  await git('commit', '--quiet', '-m', 'one');
  const commit = await git('rev-parse', 'HEAD');
  await git('update-ref', 'refs/heads/shipway', commit);
  await git('bundle', 'create', '--quiet', join(folder, 'source.bundle'), 'refs/heads/shipway');
  const { digest } = await artifacts.put(
    createReadStream(join(folder, 'source.bundle')) as AsyncIterable<Buffer>,
  );
  return { commit, digest };
}
