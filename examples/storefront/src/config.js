/** Reads the service's settings from environment variables; a value that is no number in range is an error, not a default. */
export function readConfig(env) {
  return {
    production: env.NODE_ENV === 'production',
    host: env.HOST ?? '127.0.0.1',
    port: whole(env, 'PORT', 3000, 65_535),
    memoryLimitMb: whole(env, 'MEMORY_LIMIT_MB', 512),
    minFreeDiskMb: whole(env, 'MIN_FREE_DISK_MB', 16),
    // New connections are still taken for this long after SIGTERM, so that a router has time to see /ready fail.
    drainDelayMs: whole(env, 'DRAIN_DELAY_MS', 500),
    // Requests in flight that take longer than this after SIGTERM are cut off.
    drainTimeoutMs: whole(env, 'DRAIN_TIMEOUT_MS', 10_000),
  };
}

function whole(env, name, fallback, max = Number.MAX_SAFE_INTEGER) {
  const text = env[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= max) return value;
  throw new Error(`${name} is ${JSON.stringify(text)}: it must be a whole number from 0 to ${max}`);
}
