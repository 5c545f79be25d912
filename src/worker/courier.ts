import type { Logger } from 'pino';
import type { Courier } from '../../activities/deps.js';
import { deliver, type DeliverDeps } from '../../activities/deliver.js';
import { emailNotifier } from '../adapters/notifiers/email.js';
import { pagerdutyNotifier } from '../adapters/notifiers/pagerduty.js';
import { slackNotifier } from '../adapters/notifiers/slack.js';
import { webhookNotifier } from '../adapters/notifiers/webhook.js';
import { credentialsOf, type Channel } from '../domain/notification.js';
import type { Policy } from '../domain/policy.js';
import type { Notifier } from '../domain/notifier.js';
import type { Store } from '../domain/store.js';
import { ShipwayError } from '../errors.js';
import type { WorkerSettings } from '../settings.js';
import { credential } from './credential.js';

interface Parts {
  readonly store: Store;
  readonly policy: () => Promise<Policy>;
  readonly namespace: string;
  readonly settings: Pick<WorkerSettings, 'uiUrl'>;
  readonly log: Logger;
  readonly env?: NodeJS.ProcessEnv;
}

/** Sends messages from this worker: when it is told that there is one, and when housekeeping asks. One round at a time. */
export function courierOf({ store, policy, namespace, settings, log, env = process.env }: Parts): Courier & {
  readonly close: () => Promise<void>;
} {
  const { uiUrl } = settings;
  const deps: DeliverDeps = {
    ...{ store, policy },
    notifier: (channel) => notifierOf(channel, env),
    links: { namespace, ...(uiUrl === undefined ? {} : { uiUrl }) },
  };
  const stopping = new AbortController();
  const round = rounds(async () => {
    try {
      await deliver(deps, stopping.signal);
    } catch (error) {
      log.warn({ why: String(error) }, 'messages wait in the outbox: housekeeping sends them');
    }
  });
  return {
    kick: round.kick,
    deliver: (signal) => deliver(deps, AbortSignal.any([signal, stopping.signal])),
    missing: () => missing(policy, env),
    close: async () => {
      stopping.abort();
      await round.settled();
    },
  };
}

/** Runs `body` now, or once more when it is under way: what was put meanwhile may have been missed. */
function rounds(body: () => Promise<void>) {
  let again = false;
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    do {
      again = false;
      await body();
    } while (again);
    running = undefined;
  };
  return {
    kick: (): void => {
      again = true;
      running ??= run();
    },
    settled: async (): Promise<void> => running,
  };
}

/** Its secrets are read when they are needed. Fails with `credential.missing`. */
async function notifierOf(channel: Channel, env: NodeJS.ProcessEnv): Promise<Notifier> {
  switch (channel.kind) {
    case 'slack':
      return slackNotifier({ webhook: await credential(channel.webhook, env) });
    case 'pagerduty':
      return pagerdutyNotifier({ routingKey: await credential(channel.routingKey, env), url: channel.url });
    case 'webhook':
      return webhookNotifier({ url: await credential(channel.url, env) });
    case 'email': {
      const { login, ...server } = channel;
      if (login === undefined) return emailNotifier(server);
      return emailNotifier({
        ...server,
        login: { user: login.user, password: await credential(login.password, env) },
      });
    }
  }
}

async function missing(
  policy: () => Promise<Policy>,
  env: NodeJS.ProcessEnv,
): Promise<readonly string[] | undefined> {
  const channels = Object.entries((await policy()).notifications?.channels ?? {});
  if (channels.length === 0) return undefined;
  const found: string[] = [];
  for (const [name, channel] of channels)
    for (const reference of credentialsOf(channel))
      await credential(reference, env).catch((error: unknown) => {
        if (!(error instanceof ShipwayError)) throw error;
        found.push(`${name}: ${error.message}`);
      });
  return found;
}
