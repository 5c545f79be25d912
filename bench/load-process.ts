import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openLoad, type Sample } from './open-load.js';

export interface Load {
  /** Waits until so many have been answered, ends it, and answers with all. Their `at` is in epoch milliseconds. */
  readonly ended: (count: number) => Promise<readonly Sample[]>;
}

/** `openLoad` in a process of its own: what the bench does meanwhile delays no request. */
export function startLoad(address: string, perSecond: number): Load {
  const child = fork(fileURLToPath(import.meta.url), [address, String(perSecond)], {
    serialization: 'advanced',
    // In a session of its own, the kernel gives it its share beside the bench.
    detached: true,
  });
  return {
    ended: async (count) => {
      const gone = once(child, 'exit').then(() => {
        throw new Error('the load ended before it was asked to');
      });
      const said = once(child, 'message') as Promise<[readonly Sample[]]>;
      child.send(count);
      const [samples] = await Promise.race([said, gone]);
      return samples;
    },
  };
}

function serve([address = '', perSecond = '']: readonly string[]): void {
  const load = openLoad(address, Number(perSecond));
  // A bench that was killed ends it, too.
  process.once('disconnect', () => process.exit());
  process.once('message', (count: number) => {
    void (async () => {
      await load.reached(count);
      await load.stop();
      const samples = load.samples.map((one) => ({ ...one, at: performance.timeOrigin + one.at }));
      process.send?.(samples, () => process.exit());
    })();
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) serve(process.argv.slice(2));
