import { pino } from 'pino';
import { expect, test } from 'vitest';
import { seenByControl } from '../../activities/sightings.js';
import { judged } from '../../src/cli/doctor/sharing.js';
import type { Policy } from '../../src/domain/policy.js';
import { courierOf } from '../../src/worker/courier.js';
import { activityOf } from '../support/activity.js';
import { memoryArtifacts } from '../support/memory-artifacts.js';
import { memoryStore } from '../support/memory-store.js';

const channels = { ops: { kind: 'slack', webhook: 'SHIPWAY_NOTIFY_OPS' } } as const;
const TOLD: Policy = { environments: {}, notifications: { channels, pageEveryMs: 1 } };
const HOOK = { SHIPWAY_NOTIFY_OPS: 'https://hooks.slack.example/1' };

test.each<[string, Policy, NodeJS.ProcessEnv, string | undefined]>([
  ['nothing of channels where the policy has none', { environments: {} }, HOOK, undefined],
  ['that all is well where each has its credential', TOLD, HOOK, 'ok'],
  ['which channel lacks its own', TOLD, {}, 'fail'],
])('`shipway doctor` says %s', async (_, policy, env, state) => {
  const courier = courierOf({
    ...{ store: memoryStore(), namespace: 'default', settings: {} },
    ...{ policy: () => Promise.resolve(policy), log: pino({ level: 'silent' }), env },
  });
  const artifacts = memoryArtifacts();
  const digest = artifacts.keep('a');
  const seen = await activityOf('housekeeping').run(seenByControl({ artifacts, courier }), { digest });
  await courier.close();
  expect(judged([seen], undefined).find(({ name }) => name === 'channels to people')?.state).toBe(state);
});
