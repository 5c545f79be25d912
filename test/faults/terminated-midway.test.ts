import { expect, test } from 'vitest';
import { servedFlag, shareInStore } from './flag.js';
import { MIDWAY, begun } from './midway.js';
import { labOfFile, nextShips, terminate } from './terminating.js';

const lab = await labOfFile();

test.concurrent.each(MIDWAY)(
  'deployment, $at: what served serves again, and the next one ships',
  async (midway) => {
    const { shop, run, replicas } = await begun(lab, 'd', midway);
    await terminate(shop, { n: 2 });
    expect(await shop.ended(run)).toMatchObject({ outcome: 'rolled_back' });
    await shop.serves('v1', replicas);
    expect(await shop.starts()).toEqual(midway.starts);
    if (midway.as?.flags !== undefined) {
      expect(await shareInStore(lab, shop.name)).toBe(0);
      expect(await servedFlag(lab, shop.name)).toMatchObject({ defaultVariant: 'off' });
    }
    await nextShips(shop, 'v3');
  },
  480_000,
);
