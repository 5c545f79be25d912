import type { StatusBoard } from '../../domain/ports.js';
import type { StatusState } from '../../domain/trigger.js';
import { post, type Place } from './post.js';

const STATES = {
  pending: 'pending',
  success: 'success',
  failure: 'failure',
  cancelled: 'error',
} as const satisfies Record<StatusState, string>;

/** GitHub's commit statuses: `POST /repos/{owner}/{repo}/statuses/{sha}`, where the newest of a context counts. */
export const githubStatuses = ({ api, token }: Place): StatusBoard => ({
  set: (project, { commit, state, context, description, link }, signal) =>
    post(
      {
        token,
        url: `${api}/repos/${project}/statuses/${commit}`,
        headers: {
          accept: 'application/vnd.github+json',
          authorization: `Bearer ${token}`,
          'x-github-api-version': '2022-11-28',
        },
        body: {
          ...{ state: STATES[state], context, description },
          ...(link === undefined ? {} : { target_url: link }),
        },
      },
      signal,
    ),
});
