import type { HostDeps } from '../../activities/deps.js';
import { gatewayMetrics } from '../adapters/metrics/gateway.js';
import { processProvider } from '../adapters/providers/process.js';
import { gatewayRouter } from '../adapters/routers/gateway.js';
import { haproxyRouter } from '../adapters/routers/haproxy.js';
import { nginxRouter } from '../adapters/routers/nginx.js';
import { prometheusMetrics } from '../adapters/metrics/prometheus.js';
import { currentPolicy } from './current-policy.js';
import { lookAtFlags } from './flag-look.js';
import { flagVariables } from './flag-place.js';
import { lookElsewhere, placesIn } from './places.js';
import type { ArtifactStore, SecretStore } from '../domain/ports.js';
import type { Extensions } from '../domain/adapters.js';
import type { Store } from '../domain/store.js';
import type { WorkerSettings } from '../settings.js';

interface Parts {
  readonly settings: WorkerSettings;
  readonly artifacts: ArtifactStore;
  readonly secrets: SecretStore;
  readonly extensions?: Extensions | undefined;
}

/** The adapters of this host. */
export function effectDeps({ settings, artifacts, secrets, extensions }: Parts, store: Store): HostDeps {
  const { stateDir, hostId } = settings;
  const places = placesIn(currentPolicy(store), process.env);
  return {
    store,
    artifacts,
    provider: processProvider({
      stateDir,
      artifacts,
      secrets,
      variables: flagVariables(settings, store.flags),
    }),
    router: gatewayRouter({ stateDir: gatewayDir(stateDir) }),
    metrics: gatewayMetrics({ stateDir: gatewayDir(stateDir) }),
    shipped: {
      gone: places.gone,
      routers: { haproxy: haproxyRouter(places.haproxy), nginx: nginxRouter(places.nginx) },
      metrics: { prometheus: prometheusMetrics(places.prometheus) },
    },
    elsewhere: lookElsewhere(places, async () =>
      (await store.targets.list()).filter(({ host }) => host === hostId).map((t) => t.environment),
    ),
    flagsServed: lookAtFlags(settings),
    ...(extensions === undefined ? {} : { extensions }),
  };
}

/** Where the gateway keeps its state, its token, and the note of its address. */
export const gatewayDir = (stateDir: string): string => `${stateDir}/gateway`;
