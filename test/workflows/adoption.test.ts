import { expect, test } from 'vitest';
import { targetId } from '../../src/domain/ids.js';
import { MESSAGES, type Accepted } from '../../src/domain/messages.js';
import type { TargetView } from '../../src/domain/view.js';
import { labOfFile } from '../support/lab.js';
import { calm } from '../support/phases.js';
import { statement } from '../support/plans.js';
import { record } from '../support/record.js';
import { story, type Story } from '../support/story.js';

const lab = await labOfFile();

function adopt(shop: Story): Promise<Accepted> {
  const ref = { service: shop.service, environment: 'production' };
  const said = statement('carol', 'adopt', targetId(ref), { reason: 'moved by hand' });
  return shop.target().executeUpdate<Accepted, [object]>(MESSAGES.adopt, {
    args: [{ ...ref, statement: said }],
  });
}

test('what serves is live after its record was lost, and the next release goes beside it', async () => {
  const shop = story(lab, 'adopted');
  expect((await shop.ship('v1')).outcome).toBe('shipped');
  expect((await shop.ship('v2')).outcome).toBe('shipped');
  const { revision = 0 } = shop.state() ?? {};
  const { live: _, knownGood: __, ...lost } = shop.state() ?? expect.fail('there is no record');
  lab.store.states.set('adopted/production', { ...lost, revision });
  expect(await adopt(shop)).toEqual({
    status: 'accepted',
    message: 'v2 in green is live from now on, in place of nothing',
  });
  expect((await shop.target().query<TargetView>(MESSAGES.view)).live).toBe('v2');
  expect(await adopt(shop)).toMatchObject({ message: 'v2 in green is live already' });
  await record('target-adopting', shop.target());
  expect((await shop.ship('v3')).outcome).toBe('shipped');
  expect([shop.slots(), shop.serving()]).toEqual([['blue'], ['blue']]);
});

test('not while a deployment runs, nor where nothing serves', async () => {
  const shop = story(lab, 'busy-adopting');
  lab.watching = (w) =>
    w.service === 'busy-adopting' && w.phase === 'bake' ? 'until interrupted' : undefined;
  const input = await shop.begin('v1');
  await shop.watching('bake');
  expect(await adopt(shop)).toEqual({
    status: 'refused',
    message: 'deployment/busy-adopting/production/1 is at work here',
  });
  calm(lab);
  await shop.rollback();
  expect((await shop.ended(input)).outcome).toBe('rolled_back');
  expect(await adopt(shop)).toEqual({
    status: 'refused',
    message: 'what serves cannot be recorded: the router sends no users anywhere',
  });
});
