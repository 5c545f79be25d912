import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ArtifactStore } from '../src/domain/ports.js';
import type { Plan, StagePlan } from '../src/domain/plan.js';

/** A repository of one commit as a bundle in the artifact store. */
export async function source(
  folder: string,
  artifacts: ArtifactStore,
): Promise<{ commit: string; digest: string }> {
  const repo = join(folder, 'repo');
  await mkdir(repo);
  await writeFile(join(repo, 'README.md'), 'seven stages\n');
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

/** Seven stages that each run `true`. */
export function sevenStagePlan(commit: string): Plan {
  const stages = Array.from({ length: 7 }, (_, i): StagePlan => ({
    kind: 'command',
    name: `stage-${String(i + 1)}`,
    needs: [],
    script: ['true'],
    artifacts: [],
    environment: {},
    cache: [],
    timeoutMs: 60_000,
    attempts: 1,
    outputLimitBytes: 64 * 1024 ** 2,
    onLost: 'rerun',
    allowFailure: false,
  }));
  return {
    schema: 1,
    service: 'bench',
    environment: 'production',
    version: 'v1',
    commit,
    dirty: false,
    committedAt: new Date(0).toISOString(),
    author: 'bench@example.invalid',
    stages,
  };
}
