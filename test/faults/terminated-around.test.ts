import { expect, test } from 'vitest';
import { MIDWAY, begun, type Midway } from './midway.js';
import { labOfFile, nextShips, terminate } from './terminating.js';

/** What a deployment is asked for by, or waited for: it ends as if nothing had been. */
const lab = await labOfFile();

const MANY_MS = 480_000;
const outcomeOf = ({ undisturbed }: Midway) => ({
  outcome: undisturbed === 'v2' ? 'shipped' : 'rolled_back',
});

test.concurrent.each(MIDWAY)(
  'target, $at: the deployment ends as if nothing had been',
  async (midway) => {
    const { shop, run, replicas } = await begun(lab, 't', midway);
    await terminate(shop, 'target');
    await midway.go?.(shop, lab);
    expect(await shop.ended(run)).toMatchObject(outcomeOf(midway));
    await shop.serves(midway.undisturbed, replicas);
    await nextShips(shop, 'v3');
  },
  MANY_MS,
);

test.concurrent.each(MIDWAY)(
  'pipeline, $at: the deployment ends as if nothing had been',
  async (midway) => {
    const { shop, run, replicas } = await begun(lab, 'p', midway);
    await terminate(shop, { run });
    await midway.go?.(shop, lab);
    await shop.phase(2, (view) => view.phase === 'done' && view.outcome === outcomeOf(midway).outcome);
    await shop.serves(midway.undisturbed, replicas);
    await nextShips(shop, 'v3');
  },
  MANY_MS,
);
