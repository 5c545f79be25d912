import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { pipelineId } from '../domain/ids.js';
import { MESSAGE_STATES } from '../domain/outbox.js';
import { COMMIT } from '../domain/release.js';
import { Refused } from './failure.js';
import type { ApiOptions } from './options.js';
import { given } from './given.js';
import { days, id, instant, name, whole } from './shapes.js';

const ofHistory = z.strictObject({
  service: name.optional(),
  environment: name.optional(),
  run: id.optional(),
  id: id.optional(),
  days: days.optional(),
  limit: whole(1, 1_000).default(100),
});
const ofDeployment = z.strictObject({ deployment: id });
const ofReleases = z.strictObject({ service: name, commit: z.string().regex(COMMIT).optional() });
const ofRun = z.strictObject({ run: id });
const ofService = z.strictObject({ service: name });
const ofTargets = z.strictObject({ service: name.optional() });
const ofMessages = z.strictObject({
  service: name.optional(),
  environment: name.optional(),
  state: z.enum(MESSAGE_STATES).optional(),
  days: days.optional(),
  limit: whole(1, 1_000).default(100),
});
const ofSamples = z.strictObject({
  deployment: id,
  from: instant.optional(),
  limit: whole(1, 5_000).default(1_000),
});

/** What the store remembers, to read. */
export function recordRoutes(v1: FastifyInstance, { store }: ApiOptions): void {
  v1.get('/history', (request) => {
    const { days: sinceDays, ...filter } = ofHistory.parse(request.query);
    return store.deployments.list(given({ ...filter, sinceDays }));
  });
  v1.get('/deployment', async (request) => {
    const { deployment } = ofDeployment.parse(request.query);
    const row = await store.deployments.find(deployment);
    if (row === undefined)
      throw new Refused(404, 'request.unknown', `there is no ${deployment}`, 'see `shipway history`');
    return row;
  });
  v1.get('/releases', (request) => {
    const { service, ...filter } = ofReleases.parse(request.query);
    return store.releases.list({ service, ...given(filter) });
  });
  v1.get('/runs/:run', async (request) => {
    const { run } = ofRun.parse(request.params);
    const { service } = ofService.parse(request.query);
    const found = await store.runs.find(pipelineId(service, run));
    if (found !== undefined) return found;
    throw new Refused(404, 'run.unknown', `${service} has no run ${run}`, 'see `shipway list`');
  });
  v1.get('/targets', (request) => store.targets.list(ofTargets.parse(request.query).service));
  v1.get('/samples', (request) => {
    const { deployment, ...part } = ofSamples.parse(request.query);
    return store.samples.list(deployment, given(part));
  });
  v1.get('/messages', (request) => {
    const { days: sinceDays, state, ...filter } = ofMessages.parse(request.query);
    const states = state === undefined ? undefined : [state];
    return store.outbox.list(given({ ...filter, sinceDays, states }));
  });
  policyRoute(v1, store);
}

function policyRoute(v1: FastifyInstance, store: ApiOptions['store']): void {
  v1.get('/policy', async (request) => {
    z.strictObject({}).parse(request.query);
    const row = await store.policy.current();
    if (row === undefined)
      throw new Refused(
        404,
        'policy.none',
        'no policy has been accepted yet',
        'start a worker with a policy',
      );
    return { hash: row.hash, policy: JSON.parse(row.text) as unknown, acceptedAt: row.acceptedAt };
  });
}
