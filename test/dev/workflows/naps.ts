import { sleep } from '@temporalio/workflow';

/** Short timers one after the other: a stock server fires each up to a second late. */
export async function naps(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await sleep(10);
}
