import type { StatusBoard } from '../../domain/ports.js';
import type { StatusState } from '../../domain/trigger.js';
import { post, type Place } from './post.js';

const STATES = {
  pending: 'running',
  success: 'success',
  failure: 'failed',
  cancelled: 'canceled',
} as const satisfies Record<StatusState, string>;

/** GitLab's commit statuses: `POST /projects/:id/statuses/:sha`. It refuses a state that the status has already. */
export const gitlabStatuses = ({ api, token }: Place): StatusBoard => ({
  set: (project, { commit, state, context, description, link }, signal) =>
    post(
      {
        token,
        url: `${api}/projects/${encodeURIComponent(project)}/statuses/${commit}`,
        headers: { 'private-token': token },
        body: {
          ...{ state: STATES[state], name: context, description },
          ...(link === undefined ? {} : { target_url: link }),
        },
        isDone: (said) => said.includes('Cannot transition status'),
      },
      signal,
    ),
});
