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
