import { together } from '../../src/adapters/routers/together.js';
import type { Running } from '../../src/adapters/routers/bring-along.js';
import { wayBack, type WayBack } from '../../src/adapters/routers/way-back.js';
import type { Pair } from '../../src/adapters/routers/agreed.js';
import type { Router } from '../../src/domain/ports.js';
import type { Ending } from '../contracts/contract.js';
import { haproxyProcess, type HaproxyProcess } from './haproxy-process.js';
import { nginxProcess, type NginxProcess } from './nginx-process.js';

export interface PairProcess extends Ending {
  readonly haproxy: HaproxyProcess;
  readonly nginx: NginxProcess;
  /** Both, on the way forward. */
  readonly router: Router;
  /** Both, on one way back. */
  readonly back: (running?: Running) => WayBack;
}

/** A real HAProxy and a real nginx that serve together. */
export async function pairProcess(): Promise<PairProcess> {
  const [haproxy, nginx] = await Promise.all([haproxyProcess(), nginxProcess()]);
  const pair: Pair = [
    { name: 'haproxy', router: haproxy.router },
    { name: 'nginx', router: nginx.router },
  ];
  return {
    ...{
      haproxy,
      nginx,
      router: together(pair),
      back: (running = {}) => wayBack(pair, { ports: [], running: () => Promise.resolve(running) }),
    },
    end: async () => {
      await Promise.all([haproxy.end(), nginx.end()]);
    },
  };
}
