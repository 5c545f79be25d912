import { spawn } from 'node:child_process';

export const bareActivities = {
  spawnTrue: (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = spawn('true', { stdio: 'ignore' });
      child.once('error', reject);
      child.once('exit', () => {
        resolve();
      });
    }),
  noOp: (): Promise<void> => Promise.resolve(),
};
export type BareActivities = typeof bareActivities;

/** What a stage with its two records costs without shipway: a commit, the command, a commit. */
export const committingActivities = (commit: () => Promise<unknown>) => ({
  ...bareActivities,
  async spawnBetweenCommits(): Promise<void> {
    await commit();
    await bareActivities.spawnTrue();
    await commit();
  },
});
export type CommittingActivities = ReturnType<typeof committingActivities>;
