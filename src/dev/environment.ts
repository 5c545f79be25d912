/** What names servers of elsewhere, or lets one in there. */
const SERVERS = /^(?:TEMPORAL_|DATABASE_URL$|SHIPWAY_API_|SHIPWAY_STAGE_TOKEN$)/;
const SETTINGS = /^SHIPWAY_(?!CACHE_DIR$)/;

/** For what works with servers of its own: it neither asks nor touches those that the user's environment names. */
export const withoutServers = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => without(env, SERVERS);

/** The same without the settings that the user made for shipway, but for where servers are kept. */
export const ownEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  without(withoutServers(env), SETTINGS);

/** Temporal's own variables alone. */
export const temporalVariables = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('TEMPORAL_')));

const without = (env: NodeJS.ProcessEnv, names: RegExp): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !names.test(name)));
