/** Keys that a later version takes: they are refused as that, and not as unknown. */
export const COMING_IN_SERVICE: ReadonlySet<string> = new Set([
  ...['image', 'resources', 'handler', 'events', 'headers', 'output_directory', 'port'],
  ...['required_roles', 'migrations', 'secrets', 'freezes'],
  ...['checklist', 'database'],
]);
export const COMING_IN_POLICY: ReadonlySet<string> = new Set([
  ...['required_roles', 'deploy', 'rollback', 'roles', 'people', 'access'],
  ...['freezes', 'checklist'],
]);
