import { FirstSuccessfulStrategy, MultiProvider, OpenFeature } from '@openfeature/server-sdk';
import { FlagdProvider } from '@openfeature/flagd-provider';

/**
 * The flags of this service. Where they come from is in the environment that shipway gives an instance: `FLAGD_…` leads flagd's provider to
 * the worker, which tells every change; `SHIPWAY_FLAGS_FILE` has them as they last were, for an instance that starts while no worker
 * lives. Without any of it every flag is what the code says: off.
 */
export async function openFlags(env = process.env) {
  const { FLAGD_RESOLVER: resolver, SHIPWAY_FLAGS_FILE: offlineFlagSourcePath } = env;
  const file = { resolverType: 'in-process', offlineFlagSourcePath };
  const sources = [
    ...(resolver === undefined ? [] : [{ provider: new FlagdProvider(), name: 'worker' }]),
    ...(offlineFlagSourcePath === undefined ? [] : [{ provider: new FlagdProvider(file), name: 'file' }]),
  ];
  if (sources.length === 0) return OpenFeature.getClient();
  const provider = new MultiProvider(sources, new FirstSuccessfulStrategy());
  // One that does not answer yet is no reason not to serve: it answers later, and the other one now.
  await OpenFeature.setProviderAndWait(provider).catch(({ message }) => {
    console.warn(`flags: not all sources answer yet: ${message}`);
  });
  return OpenFeature.getClient();
}

/** Who asks: shares are of `targetingKey`, and groups are a list. */
export const contextOf = ({ headers }) => ({
  ...(headers['x-user-id'] === undefined ? {} : { targetingKey: headers['x-user-id'] }),
  groups: (headers['x-groups'] ?? '').split(',').filter((group) => group !== ''),
});
