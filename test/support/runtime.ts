import { DefaultLogger, Runtime } from '@temporalio/worker';

/**
 * The SDK's runtime, of which a process has one for all its files: it says errors only, and leaves signals alone. Imported before anything
 * that would start another.
 */
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
