/**
 * What `import { … } from 'shipway/testing'` gives: what shipway's own adapters are held to, for those of others. Each check is a plain
 * function, to be run by any test runner on a harness of its own.
 */
export type { Check } from './check.js';
export { metricsChecks } from './metrics.js';
export { perInstanceProviderChecks, providerChecks, type ProviderHarness } from './provider.js';
export { perInstanceRouterChecks, routerChecks } from './router.js';
export { usageProviderChecks } from './usage.js';
export type { MetricsHarness, RouterHarness } from './world.js';
