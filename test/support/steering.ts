import { expect } from 'vitest';
import type { Accepted } from '../../src/domain/messages.js';
import type { Steering } from '../../src/domain/steering.js';
import type { Lab } from './lab.js';
import { statement } from './plans.js';
import { story, type Story } from './story.js';

/** What a person says to the n-th deployment. */
export const steer = (shop: Story, n: number, verb: Steering, to?: number): Promise<Accepted> => {
  const { workflowId } = shop.deployment(n);
  const said = { ...statement('carol', verb, workflowId, { reason: 'looking' }), ...(to && { to }) };
  return shop.deployment(n).executeUpdate<Accepted, [typeof said]>(verb, { args: [said] });
};
/** The answer to what the n-th deployment asks. */
export const answer = async (lab: Lab, shop: Story, n: number, verb: 'approve' | 'reject'): Promise<void> => {
  const { decision = '' } = await lab.until(
    async () => (await shop.seen(n)).waitingFor,
    'the question of the deployment',
  );
  const said = statement('dave', verb, decision, { reason: 'seen' });
  await shop.deployment(n).executeUpdate<Accepted, [typeof said]>(verb, { args: [said] });
};
/** v1 serves, v2 is on its way: these phases of it last until something ends them. */
export async function underWay(lab: Lab, service: string, ...phases: readonly string[]): Promise<Story> {
  const shop = story(lab, service);
  expect((await shop.ship('v1')).outcome).toBe('shipped');
  lab.watching = (w) => (w.service === service && phases.includes(w.phase) ? 'until interrupted' : undefined);
  lab.watched.length = 0;
  return shop;
}
/** What was asked of the router so far. */
export const shifts = (lab: Lab): string[] => lab.world.log.filter((line) => line.startsWith('split'));
