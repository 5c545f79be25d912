import { BLUE, GREEN, TARGET, backend, never, splitTo, type RouterHarness } from '../../src/testing/world.js';
import type { Ending } from '../contracts/contract.js';

export type Backend = Awaited<ReturnType<typeof backend>>;

interface SharedOut<Harness> {
  readonly h: Harness;
  readonly blue: Backend;
  readonly green: Backend;
  /** Where users ask. */
  readonly address: string;
  readonly end: () => Promise<void>;
}

/** A router with both slots of a target admitted, which sends all users to blue. */
export async function sharedOut<Harness extends RouterHarness & Ending>(
  make: () => Promise<Harness>,
): Promise<SharedOut<Harness>> {
  const [h, blue, green] = await Promise.all([make(), backend('blue'), backend('green')]);
  const end = async (): Promise<void> => {
    for (const { server } of [blue, green]) server.close().closeAllConnections();
    await h.end();
  };
  try {
    const { address } = await h.router.open(TARGET, undefined, never);
    await h.router.admit(TARGET, 'blue', BLUE, [blue.url], never);
    await h.router.admit(TARGET, 'green', GREEN, [green.url], never);
    await h.router.split(TARGET, splitTo(0), never);
    return { h, blue, green, address, end };
  } catch (error) {
    await end();
    throw error;
  }
}
